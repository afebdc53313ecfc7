"""Each mistake in an NNI configuration is listed, and none that only follows from another."""

from pathlib import Path

import pytest

from controller.config.nni.builtin import COUNTERPARTS, UNSUPPORTED
from tests.unit.config.nni_files import OWN_V1, V1, V2, lay_out, loaded, mistakes


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    lay_out(tmp_path)


def own(text: str = OWN_V1) -> str:
    """V1 with a tuner of the user's own, and a search space of types that only it knows."""
    return V1[: V1.index("tuner:")] + text + V1[V1.index("trial:") :]


def keys(reported: list[str]) -> list[str]:
    return [one.split(": ")[1] for one in reported]


def test_mistakes_of_every_kind_are_listed_together(tmp_path: Path) -> None:
    text = V1.replace("trialConcurrency: 3", "trialConcurency: 3")  # an unknown key
    text = text.replace("maxTrialNum: 10", "maxTrialNum: ten")  # a wrong type
    text = text.replace("useAnnotation: false", "useAnnotation: true")  # not served
    text = text.replace("Random", "Anneal").replace("minimize", "smallest")
    text = text.replace("  command: python3 mnist.py\n", "")  # missing
    text = text.replace("codeDir: code", "codeDir: cod")  # not there
    text += "assessor: {builtinAssessorName: Curves}\nheirloom: {trial: {retries: -1}}\n"
    assert keys(mistakes(tmp_path, text)) == [
        "trialConcurency",
        "maxTrialNum",
        "useAnnotation",
        "tuner.builtinTunerName",
        "tuner.classArgs.optimize_mode",
        "trial.command",
        "trial.codeDir",
        "assessor.builtinAssessorName",
        "heirloom.trial.retries",
    ]


def test_wrong_space_is_listed_beside_other_mistakes(tmp_path: Path) -> None:
    (tmp_path / "search_space.json").write_text('{"x": {"_type": "unifrm", "_value": [0, 1]}}')
    text = V1.replace("useAnnotation: false", "multiPhase: true").replace("gpuNum: 0", "gpuNum: a")
    reported = mistakes(tmp_path, text)
    assert keys(reported[:-1]) == ["multiPhase", "trial.gpuNum"]
    assert "did you mean uniform?" in reported[-1]


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("codeDir: tuners", "codeDir: nowhere", "tuner.codeDir"),
        ("my_tuner.py", "other.py", "tuner.className"),
        ("MyTuner", "MyTunr", "tuner.className"),
        ("className: MyTuner", "className: 3", "tuner.className"),
        ("  className: MyTuner\n", "", "tuner"),
        ("classFileName", "classFile", "tuner.classFile"),
        ("  codeDir", "  builtinTunerName: Random\n  codeDir", "tuner"),
        ("classArgs: {", "gpuIndices: x\n  classArgs: {", "tuner.gpuIndices"),
    ],
)
def test_a_wrong_tuner_of_the_users_own_makes_no_search_space_wrong(
    tmp_path: Path, old: str, new: str, mistake: str
) -> None:
    space = '{"K": {"_type": "factor", "_value": [1024, 3]}, "L": [1, 100]}'
    (tmp_path / "search_space.json").write_text(space)
    loaded(tmp_path, own())
    text = own(OWN_V1.replace(old, new))
    assert text != own()
    assert keys(mistakes(tmp_path, text)) == [mistake]


def test_an_unknown_tuner_may_have_types_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "search_space.json").write_text('{"K": {"_type": "factor", "_value": [1024, 3]}}')
    [mistake] = mistakes(tmp_path, V1.replace("Random", "demotuner"))
    assert "unknown tuner demotuner" in mistake
    assert len(mistakes(tmp_path, V1.replace("Random", "Randon"))) == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("searchSpacePath: search_space.json", "searchSpacePth: search_space.json"),
        ("searchSpacePath: search_space.json", "searchSpacePath: 3"),
        ("trainingServicePlatform: local", "trainingServicePlatform: [local]"),
        ("trainingServicePlatform: local", "trainingServicePlatform: Local"),
        ("trainingServicePlatform: local", "trainingServicPlatform: local"),
        ("trial:\n", "trials:\n"),
        ("tuner:\n", "tunr:\n"),
        ("  command: python3 mnist.py", "  comand: python3 mnist.py"),
    ],
)
def test_one_mistake_brings_no_other(tmp_path: Path, old: str, new: str) -> None:
    text = V1.replace(old, new)
    assert text != V1
    assert len(mistakes(tmp_path, text)) == 1


def test_missing_search_space_is_named_by_nnis_keys(tmp_path: Path) -> None:
    [mistake] = mistakes(tmp_path, V1.replace("searchSpacePath: search_space.json\n", ""))
    assert mistake == "1: missing: searchSpacePath, the search space"
    [mistake] = mistakes(tmp_path, V2.replace("searchSpaceFile: search_space.json\n", ""))
    assert mistake == "1: missing: searchSpaceFile or searchSpace, the search space"


def test_annotations_hide_no_mistake_in_a_search_space(tmp_path: Path) -> None:
    (tmp_path / "search_space.json").write_text('{"x": {"_type": "unifrm", "_value": [0, 1]}}')
    text = V1.replace("useAnnotation: false", "useAnnotation: true")
    reported = mistakes(tmp_path, text)
    assert "cannot be in annotations too" in reported[0]
    assert "did you mean uniform?" in reported[1]
    assert len(reported) == 2


@pytest.mark.parametrize(
    ("kind", "words"), [("nas", "architecture search is not served"), ("hp", "must be hpo, not")]
)
def test_unknown_experiment_type(tmp_path: Path, kind: str, words: str) -> None:
    [mistake] = mistakes(tmp_path, V2 + f"experimentType: {kind}\n")
    assert words in mistake
    loaded(tmp_path, V2 + "experimentType: hpo\n")


@pytest.mark.parametrize("platform", ["locl", "Local", "ssh"])
def test_unknown_training_service(tmp_path: Path, platform: str) -> None:
    text = V1.replace(": local", f": {platform}").replace("Random", "Anneal")
    reported = mistakes(tmp_path, text)
    assert keys(reported) == ["trainingServicePlatform", "tuner.builtinTunerName"]
    assert f"unknown training service {platform}" in reported[0]
    assert "Known: local, remote" in reported[0]


def test_keys_of_an_unsupported_platform_are_no_mistakes_and_hide_none(tmp_path: Path) -> None:
    text = V1.replace(": local", ": kubeflow").replace("  command: python3 mnist.py\n", "")
    text = text.replace("gpuNum: 0", "worker: {command: x, image: y}").replace("Random", "Anneal")
    text += "kubeflowConfig: {operator: tf-operator}\nmaxTrialNumber: 3\n"
    assert keys(mistakes(tmp_path, text)) == [
        "trainingServicePlatform",
        "tuner.builtinTunerName",
        "maxTrialNumber",
    ]


@pytest.mark.parametrize(
    ("kind", "name", "offered"),
    [
        ("tuner", "DNGO", False),
        ("tuner", "Anneall", False),
        ("tuner", "Hyperbnd", True),
        ("tuner", "Evolutionn", True),
        ("tuner", "demotuner", False),  # it shares nothing with MetisTuner but the word tuner
        ("assessor", "Medianstopp", True),
        ("assessor", "Curvefiting", True),
    ],
)
def test_only_what_is_served_is_offered(
    tmp_path: Path, kind: str, name: str, *, offered: bool
) -> None:
    if kind == "tuner":
        text = V1.replace("Random", name)
    else:
        text = V1 + f"assessor: {{builtinAssessorName: {name}}}\n"
    [mistake] = mistakes(tmp_path, text)
    listed = mistake.partition("Known: ")[2].partition(";")[0].split(", ")
    if "not supported" not in mistake:
        assert listed == list(COUNTERPARTS[kind])
    assert ("did you mean" in mistake) is offered
    assert not any(f"did you mean {other}" in mistake for other in UNSUPPORTED)


def test_an_assessor_as_the_tuner_is_named(tmp_path: Path) -> None:
    [mistake] = mistakes(tmp_path, V1.replace("Random", "Medianstop"))
    assert mistake.endswith("Medianstop is an assessor, not a tuner")


def test_a_key_that_is_always_refused_is_not_offered(tmp_path: Path) -> None:
    text = V1.replace(": local", ": remote")
    [mistake] = mistakes(tmp_path, text + "machineList: [{ip: a, username: b, preComand: x}]\n")
    assert "unknown key preComand" in mistake
    assert "preCommand" not in mistake


@pytest.mark.parametrize(
    ("word", "meant"), [("Maximize", "maximize"), ("max", "maximize"), ("minimise", "minimize")]
)
def test_unknown_optimize_mode(tmp_path: Path, word: str, meant: str) -> None:
    [mistake] = mistakes(tmp_path, V1.replace("minimize", word))
    assert mistake.endswith(f"must be maximize or minimize, not '{word}'; did you mean {meant}?")


def test_a_class_of_the_users_own_may_have_words_of_its_own(tmp_path: Path) -> None:
    experiment, [note] = loaded(tmp_path, own(OWN_V1.replace("minimize", "max")))
    assert experiment.tuner.args["optimize_mode"] == "max"
    assert "'max' is for the class alone" in note


def test_a_tuner_under_heirloom_replaces_one_that_is_not_supported(tmp_path: Path) -> None:
    text = V1.replace("Random", "Anneal") + "assessor: {builtinAssessorName: Curves}\n"
    text += "heirloom: {tuner: {name: grid}, search_space: {a: {_type: choice, _value: [1]}}, "
    experiment, _ = loaded(tmp_path, text + "search_space_file: null, assessor: null}\n")
    assert experiment.tuner.name == "grid"
    assert experiment.assessor is None


HYBRID = """\
searchSpaceFile: search_space.json
trialCommand: python3 mnist.py
trialConcurrency: 4
maxTrialNumber: 4
tuner: {name: Random}
trainingService:
  - platform: local
  - platform: remote
    machineList:
      - {host: a, user: u}
"""


def test_a_list_of_training_services_becomes_one_inventory(tmp_path: Path) -> None:
    experiment, notes = loaded(tmp_path, HYBRID)
    assert isinstance(experiment.inventory, dict)
    hosts = experiment.inventory["trial_nodes"]["hosts"]
    assert {name: host["heirloom_slots"] for name, host in hosts.items()} == {
        "localhost": 2,
        "a": 2,
    }
    assert notes[0] == "6: trainingService: the list becomes one inventory, with this machine"


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("platform: remote", "platform: openpai", "8: trainingService.1.platform: openpai is not"),
        ("platform: remote", "platfrm: remote", "8: trainingService.1.platfrm: unknown key"),
        ("host: a, ", "", "10: trainingService.1.machineList.0.host: missing"),
        (
            "    machineList:\n      - {host: a, user: u}\n",
            "",
            "8: trainingService.1.platform: machineList is missing",
        ),
    ],
)
def test_mistakes_in_a_list_of_training_services(
    tmp_path: Path, old: str, new: str, mistake: str
) -> None:
    text = HYBRID.replace(old, new)
    assert text != HYBRID
    [reported] = mistakes(tmp_path, text)
    assert reported.startswith(mistake)


@pytest.mark.parametrize("service", ["3", "[]", "local"])
def test_training_service_of_a_wrong_type(tmp_path: Path, service: str) -> None:
    text = V2[: V2.index("trainingService")] + f"trainingService: {service}\n"
    [reported] = mistakes(tmp_path, text)
    assert reported.startswith("9: trainingService: ")
