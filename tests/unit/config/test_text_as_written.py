"""Text arrives as the file has it, whatever YAML or JSON would make of it."""

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from controller.config import load
from controller.config.document import read, scalars
from tests.unit.config.experiment_files import GOOD, mistakes, write

# What YAML 1.1 or 1.2 reads as a number, a truth value, null, a date or a merge.
PLAIN = [
    "3.10",
    "22:22",
    "0123",
    "0o17",
    "1e3",
    "1E5",
    "1e-4",
    "1_000",
    "0x1F",
    "0b11",
    "+7",
    ".5",
    "5.",
    "09",
    "1.50",
    "1.2.3",
    "1e400",
    ".inf",
    "-.INF",
    ".nan",
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "n",
    "true",
    "False",
    "=",
    "<<",
    "2024-01-01",
    "2024-01-01T10:30:00Z",
]


@pytest.mark.parametrize("text", PLAIN)
def test_text_field_has_the_text_of_the_file(tmp_path: Path, text: str) -> None:
    trial = f"  command: [run, {text}]\n  environment: {{A: {text}, {text}: b}}\n"
    if not text.isidentifier():
        trial = trial.replace(f", {text}: b", "")
    file = write(tmp_path, GOOD.replace("  command: python train.py\n", trial))
    found = load(file).trial
    assert found.command == ["run", text]
    assert found.environment["A"] == text
    assert not text.isidentifier() or found.environment[text] == "b"


def test_every_field_that_takes_text_has_the_text_of_the_file(tmp_path: Path) -> None:
    for name in ("1_0", "2024-01-01", "0123"):
        (tmp_path / name).mkdir()
    text = GOOD.replace(
        "  command: python train.py\n",
        "  command: 0123\n  code_dir: 0123\n  python: 1_0\n  retry: {on: 1e3}\n",
    )
    text += "name: 0123\ndescription: 22:22\nstore: 1_0\ninventory: 2024-01-01\n"
    found = load(write(tmp_path, text))
    assert (found.name, found.description) == ("0123", "22:22")
    assert found.trial.command == "0123"
    assert found.trial.code_dir == tmp_path / "0123"
    assert found.trial.python == tmp_path / "1_0"
    assert found.trial.retry[0].on == "1e3"
    assert found.store == tmp_path / "1_0"
    assert found.inventory == tmp_path / "2024-01-01"


def test_anchors_give_the_text_where_text_is_taken_and_the_number_elsewhere(tmp_path: Path) -> None:
    text = GOOD + "seed: &n 0x10\ndescription: *n\n"
    found = load(write(tmp_path, text))
    assert (found.seed, found.description) == (16, "0x10")
    text = GOOD.replace("trial:", "trial:\n  environment: {<<: &m {A: 1.0}, B: 1_0}")
    assert load(write(tmp_path, text)).trial.environment == {"A": "1.0", "B": "1_0"}


def space(tmp_path: Path, options: str) -> list[Any]:
    text = GOOD.replace(GOOD[: GOOD.index("trial:")], f"search_space: {{a: {options}}}\n")
    value: list[Any] = load(write(tmp_path, text)).search_space["a"]["_value"]
    return value


def test_search_space_has_numbers_where_they_are_unambiguous(tmp_path: Path) -> None:
    options = "{_type: choice, _value: [1e-4, 1E5, 0x1F, 1_000, 0123, 22:22, 2024-01-01, =]}"
    numbers = [1e-4, 1e5, 31, 1000]
    assert space(tmp_path, options) == [*numbers, "0123", "22:22", "2024-01-01", "="]


@pytest.mark.parametrize("text", ["yes", "No", "on", "OFF"])
def test_search_space_refuses_what_may_be_a_truth_value(tmp_path: Path, text: str) -> None:
    old = "{_type: loguniform, _value: [1e-4, 0.1]}"
    file = GOOD.replace(old, f"{{_type: choice, _value: [a, {text}]}}")
    [mistake] = mistakes(write(tmp_path, file))
    assert mistake.startswith(f"2: search_space.lr._value.1: {text} is text or a truth value")
    quoted = write(tmp_path, file.replace(f"a, {text}", f"a, '{text}'"))
    assert load(quoted).search_space["lr"]["_value"] == ["a", text]


def test_own_class_gets_no_ambiguous_truth_value(tmp_path: Path) -> None:
    write(tmp_path, "class T: pass\n", "t.py")
    [mistake] = mistakes(write(tmp_path, f"{GOOD}tuner: {{class: t.T, args: {{country: NO}}}}\n"))
    assert mistake.startswith("6: tuner.args.country: NO is text or a truth value")
    builtin = f"{GOOD}tuner: {{name: evolution, args: {{inherit: no}}}}\n"
    assert load(write(tmp_path, builtin)).tuner.args == {"inherit": False}


def test_inventory_refuses_a_number_that_is_written_otherwise(tmp_path: Path) -> None:
    text = (
        GOOD
        + "inventory: {trial_nodes: {hosts: {a: {ansible_password: 3.10, heirloom_slots: 2}}}}\n"
    )
    [mistake] = mistakes(write(tmp_path, text))
    assert "ansible_password: YAML reads 3.10 as the number 3.1: put it in quotes" in mistake


def json_space(tmp_path: Path, text: str, name: str = "space.json") -> Path:
    write(tmp_path, text, name)
    return write(
        tmp_path, GOOD.replace(GOOD[: GOOD.index("trial:")], f"search_space_file: {name}\n")
    )


@pytest.mark.parametrize("name", ["space.json", "space.JSON", "space", "space.yml"])
def test_json_is_read_as_json(tmp_path: Path, name: str) -> None:
    options = (
        r'[1e-5, 1E5, 123456789012345678901234567890, "a\/b", "\ud83d\ude00", "\u0000", "a\tb", '
        '"\x7f\x80\uffff"]'  # valid in JSON, not in YAML
    )
    text = '{\n\t"a": {"_type":\t"choice",\r\n"_value":' + options + "}}"
    found = load(json_space(tmp_path, text, name)).search_space["a"]["_value"]
    assert found == json.loads(options)
    assert [type(value) for value in found] == [type(value) for value in json.loads(options)]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('{"a": 1,\n "b": [1,]}', 2, "remove the comma"),
        ('{"a": 1,\n}', None, "remove the comma"),
        ('{"a": 1, // one\n "b": 2}', 1, "JSON has no comments"),
        ("# one\n{}", 1, "JSON has no comments"),
        ("{\"a\": 1,\n 'b': 2}", 2, "put text in double quotes"),
        ('{"a": 1,\n "b": True}', 2, "write true"),
        ('{"a": 1,\n "b": ' + "9" * 5000 + "}", 2, "a number has 4300 digits at most"),
        ('{"a":\f1}', 1, "invalid JSON: "),
        ('{"a": 1,\n b: 2}', 2, "double quotes (column 2)"),
        ('{"a": 1,\n "b": NaN}', 2, "NaN is not a value of JSON (column 7)"),
        ('{"a": 1}\n{}', 2, "Extra data (column 1)"),
        ('{"a":\n "\\ud800"}', 2, "half of a surrogate pair"),
        ('{"a": 1,\n "a": 2}', 2, "duplicate key"),
        ("[1]", 1, "must be an object"),
        ("", None, "the file is empty"),
        (" \n\t ", None, "the file is empty"),
    ],
)
def test_mistake_in_json_has_its_place(
    tmp_path: Path, text: str, line: int | None, message: str
) -> None:
    file = json_space(tmp_path, text)
    place = f"{tmp_path}/space.json" + ("" if line is None else f":{line}")
    [mistake] = [each for each in mistakes(file) if message in each]
    assert mistake.startswith(place)


def test_yaml_text_with_characters_that_cannot_be_carried_is_refused(tmp_path: Path) -> None:
    for text, message in [
        ('"a\\ud800"', "half of a surrogate pair"),
        ('"a\u2028b"', 'U+2028 in it: write it as "\\u2028"'),
        ("'a\u0085b'", "U+0085"),
    ]:
        [mistake] = mistakes(write(tmp_path, f"{GOOD}description: {text}\n"))
        assert message in mistake
        assert mistake.startswith("6: description: ")
    found = load(write(tmp_path, GOOD + 'description: "\\ud83d\\ude00 \\u2028"\n'))
    assert found.description == "\U0001f600 \u2028"


def test_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert load(write(tmp_path, "\ufeff" + GOOD)).budget.trials == 40
    assert load(
        json_space(tmp_path, '\ufeff{"a": {"_type": "choice", "_value": [1]}}')
    ).search_space


def test_dumped_text_is_text_to_both_versions_of_yaml(tmp_path: Path) -> None:
    texts = {f"k{number}": text for number, text in enumerate(PLAIN)}
    dumped = scalars.dump(texts)
    assert read(write(tmp_path, dumped)).value == texts
    assert yaml.safe_load(dumped) == texts


def test_aliases_of_aliases_end_with_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.config.document.reader._LARGEST", 1000)
    lines = [f"k{n}: &k{n} [*k{n - 1}, *k{n - 1}]" for n in range(1, 12)]
    [mistake] = mistakes(write(tmp_path, "\n".join(["k0: &k0 [a]", *lines])))
    assert mistake.endswith("its aliases stand for more than 1,000 values")


def test_nni_fields_have_the_text_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, '{"x": {"_type": "uniform", "_value": [1e-4, 1]}}', "0123")
    text = """\
    experiment_name: 1.50
    searchSpaceFile: 0123
    trial_command: 22:22
    trialConcurrency: 1_0
    maxTrialNumber: 3
    tuner: {name: Random}
    trainingService: {platform: local}
    heirloom: {trial: {environment: {A: 3.10, NO: no}}, description: 0x10}
    """
    found = load(write(tmp_path, dedent(text)))
    assert (found.name, found.description) == ("1-50", "0x10")
    assert found.trial.command == "22:22"
    assert found.trial.environment == {"A": "3.10", "NO": "no"}
    assert found.budget.concurrency == 10
    assert found.search_space["x"]["_value"] == [1e-4, 1]


def test_directory_whose_name_is_not_text_is_refused(tmp_path: Path) -> None:
    [mistake] = mistakes(write(tmp_path / "\udcff", GOOD))
    assert "trial.code_dir: " in mistake
    assert "is not UTF-8 text" in mistake


def test_paths_are_normal_whatever_their_spelling(tmp_path: Path) -> None:
    for written in ("//data/x", "/data//x/", "/data/./x", "/data/y/../x"):
        assert str(load(write(tmp_path, f"{GOOD}store: {written}\n")).store) == "/data/x"
