"""Annotations in the trial's code become the search space (`useAnnotation`)."""

from pathlib import Path

import pytest

from tests.unit.config.nni_files import V1, V2, lay_out, loaded, mistakes

CODE = """\
size = 0
'''@nni.variable(nni.choice(2, 3), name=size)'''
size = 1
'''@nni.report_final_result(size)'''
"""
ANNOTATED_V1 = V1.replace("useAnnotation: false", "useAnnotation: true").replace(
    "searchSpacePath: search_space.json\n", ""
)
ANNOTATED_V2 = V2.replace("searchSpaceFile: search_space.json", "useAnnotation: true")


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    lay_out(tmp_path)
    (tmp_path / "code/lib").mkdir()
    (tmp_path / "code/lib/net.py").write_text(CODE)


@pytest.mark.parametrize("text", [ANNOTATED_V1, ANNOTATED_V2])
def test_annotations_are_the_search_space(tmp_path: Path, text: str) -> None:
    experiment, notes = loaded(tmp_path, text)
    assert experiment.search_space == {"lib.net/size/choice": {"_type": "choice", "_value": [2, 3]}}
    assert experiment.trial.command == [
        "bash",
        "-c",
        "python3 -m heirloom.space.expand && python3 mnist.py",
    ]
    assert experiment.trial.workdir == "copy"
    [note] = notes
    assert "each trial's own copy of the code is edited" in note


def test_annotations_that_are_wrong_have_their_own_place(tmp_path: Path) -> None:
    wrong = tmp_path / "code/wrong.py"
    wrong.write_text("x = 1\n'@nni.variable(nni.choices(1, 2), name=x)'\nx = 2\n")
    reported = mistakes(tmp_path, ANNOTATED_V1.replace("Random", "Anneal"))
    assert len(reported) == 2
    [tuner] = [one for one in reported if one.startswith("9: tuner.builtinTunerName: ")]
    [other] = [one for one in reported if one != tuner]
    assert other.startswith(f"{wrong}:2: unknown type nni.choices: known are choice, ")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("codeDir: code", "codeDir: tuners", "no annotations are in the Python files of "),
        (
            "useAnnotation: true",
            "useAnnotation: true\nsearchSpacePath: search_space.json",
            "the search space is in searchSpacePath, and cannot be in annotations too",
        ),
    ],
)
def test_annotations_that_are_missing_or_superfluous(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    [mistake] = mistakes(tmp_path, ANNOTATED_V1.replace(old, new))
    assert mistake.startswith("7: useAnnotation: ")
    assert message in mistake


def test_without_the_code_there_are_no_annotations_to_read(tmp_path: Path) -> None:
    reported = mistakes(tmp_path, ANNOTATED_V1.replace("codeDir: code", "codeDir: nowhere"))
    assert "annotations cannot be read: " in reported[0]
    assert "trial.codeDir: " in reported[1]
    assert len(reported) == 2


def test_search_space_under_heirloom_comes_first(tmp_path: Path) -> None:
    more = "heirloom: {search_space: {a: {_type: choice, _value: [1]}}}\n"
    experiment, _ = loaded(tmp_path, ANNOTATED_V1 + more)
    assert list(experiment.search_space) == ["a"]
