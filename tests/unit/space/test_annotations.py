"""Annotations in code: the search space that they describe, and the code that asks for values."""

import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from heirloom.space.annotations import apply, read, search_space

HEADER = "def double(x): return 2 * x\ndef square(x): return x * x\n"


class _Nni:
    reported: ClassVar[list[Any]] = []

    @classmethod
    def report_final_result(cls, value: Any) -> None:
        cls.reported.append(value)


def of(code: str) -> dict[str, Any]:
    """The type and the values of the parameters in a file m.py."""
    found = read(code.encode(), "m")
    assert found.mistakes == []
    return {key: [each["_type"], *each["_value"]] for key, each in found.parameters.items()}


def run(code: str, **chosen: Any) -> dict[str, Any]:
    """Run the edited code with these values, and return its names."""

    def annotated_value(key: str, options: dict[Any, Any] | None = None) -> Any:
        value = chosen[key.split("/")[1]]
        return value if options is None else options[value]

    source = (HEADER + code).encode()
    text = apply(source, read(source, "m").edits).decode()
    assert text.count("\n") == source.count(b"\n")
    text = text.replace("__import__('nni.trial').trial.annotated_value", "annotated_value")
    text = text.replace("__import__('nni')", "nni")
    names: dict[str, Any] = {"annotated_value": annotated_value, "nni": _Nni}
    exec(text, names)
    return names


@pytest.mark.parametrize(
    ("expression", "parameter"),
    [
        ("choice(2, 3)", ["choice", 2, 3]),
        (
            """choice(0.1, "relu", -1, True, None, 2 * 3)""",
            ["choice", 0.1, "relu", -1, "True", "None", "2 * 3"],
        ),
        ("randint(0, 5)", ["randint", 0, 5]),
        ("uniform(-1, 0.5)", ["uniform", -1, 0.5]),
        ("quniform(0, 1, 0.1)", ["quniform", 0, 1, 0.1]),
        ("loguniform(1e-4, 0.1)", ["loguniform", 1e-4, 0.1]),
        ("qlognormal(0, 1, 2)", ["qlognormal", 0, 1, 2]),
    ],
)
def test_variable(expression: str, parameter: list[Any]) -> None:
    code = f"'@nni.variable(nni.{expression}, name=self.x)'\nself.x = 1\n"
    assert of(code) == {f"m/self.x/{parameter[0]}": parameter}


def test_parameters_are_in_the_order_of_the_file() -> None:
    code = """\
if True:
    '@nni.variable(nni.choice(1), name=a)'
    a = 1
'@nni.variable(nni.choice(1), name=b)'
b = 1
try:
    pass
finally:
    '@nni.variable(nni.choice(1), name=c)'
    c = 1
"""
    assert list(of(code)) == ["m/a/choice", "m/b/choice", "m/c/choice"]


@pytest.mark.parametrize(
    "code", ["'''A text about @nni.variable.'''", "x = '@nni.variable(nni.choice(1), name=x)'", ""]
)
def test_code_without_annotations_has_none(code: str) -> None:
    assert of(code) == {}


def test_invalid_python_without_annotations_is_no_mistake() -> None:
    assert read(b"def (:", "m").mistakes == []


def test_chosen_values_replace_the_assigned_ones() -> None:
    code = """\
base = 5
'''@nni.variable(nni.choice(1, base * 2, 'text'), name=x)'''
x = base
'''@nni.variable(
    nni.uniform(0, 1),
    name=y)'''
y = (
    x +
    1)  # a comment
"""
    names = run(code, x="base * 2", y=0.25)
    assert (names["x"], names["y"]) == (10, 0.25)


def test_only_the_chosen_function_is_called() -> None:
    code = """\
'''@nni.function_choice(double(3), square(3), 1 / 0, name=double)'''
x = [double(3), 1 + double(4)]
"""
    assert run(code, double="square(3)")["x"] == [9, 10]


def test_reports_become_calls() -> None:
    _Nni.reported.clear()
    run("x = 'ü'; y = 1\n'@nni.report_final_result(x)'\n")
    assert _Nni.reported == ["ü"]


def test_edited_file_keeps_its_encoding() -> None:
    code = "# coding: latin-1\r\nx = 'ü'\r\n'@nni.variable(nni.choice(x), name=y)'\r\ny = 'ä'\r\n"
    source = code.encode("latin-1")
    edited = apply(source, read(source, "m").edits)
    names: dict[str, Any] = {"pick": lambda key, options: options["x"]}
    exec(edited.replace(b"__import__('nni.trial').trial.annotated_value", b"pick"), names)
    assert names["y"] == "ü"


@pytest.mark.parametrize(
    ("code", "line", "message"),
    [
        ("'@nni.variable(nni.choice(1), name=x'\nx = 1", 1, "the annotation is invalid Python"),
        ("\n'@nni.variabel(nni.choice(1), name=x)'\nx = 1", 2, "unknown annotation nni.variabel"),
        ("'@nni.mutable_layers({})'", 1, "unknown annotation nni.mutable_layers: known are "),
        ("'@nni.x'", 1, "the annotation is not a call"),
        ("'@nni.variable(nni.choice(1), name=x)'\ny = 1", 1, "an assignment to x must follow"),
        ("'@nni.variable(nni.choice(1), name=x)'", 1, "an assignment to x must follow"),
        ("'@nni.variable(nni.choice(1))'\nx = 1", 1, "needs one keyword argument, name="),
        ("'@nni.variable(choice(1), name=x)'\nx = 1", 1, "write nni.variable(nni.choice(1, 2)"),
        ("'@nni.variable(nni.uniform(0, a), name=x)'\nx = 1", 1, "a must be a number"),
        ("'@nni.variable(nni.select(0), name=x)'\nx = 1", 1, "unknown type nni.select: known are"),
        ("'@nni.function_choice(f(1), name=f)'\nx = 1", 1, "a statement with a call of f must"),
        ("'@nni.function_choice(name=f)'\nx = f()", 1, "at least one call"),
        (
            "'@nni.variable(nni.choice(1), name=x)'\nx = 1\n"
            "'@nni.variable(nni.choice(2), name=x)'\nx = 1",
            3,
            "has other values at another place",
        ),
        ("'@nni.x()'\ndef (:", 2, "invalid Python: "),
    ],
)
def test_mistakes_have_their_line(code: str, line: int, message: str) -> None:
    [(found, text)] = read(code.encode(), "m").mistakes
    assert found == line
    assert message in text


def test_space_of_a_directory(tmp_path: Path) -> None:
    code = "'@nni.variable(nni.choice(1, 2), name=x)'\nx = 1\n"
    paths = ("train.py", "lib/net.py", ".git/a.py", "env/a.py", "env/pyvenv.cfg", "notes.txt")
    for path in paths:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(code)
    space, mistakes = search_space(tmp_path)
    assert set(space) == {"lib.net/x/choice", "train/x/choice"}
    assert mistakes == []
    (tmp_path / "lib/bad.py").write_bytes(b"# -*- coding: nonsense -*-\n'@nni.'\n")
    [(place, line, _)] = search_space(tmp_path)[1]
    assert (place, line) == (tmp_path / "lib/bad.py", 1)


def test_expand_edits_the_files_of_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("'@nni.variable(nni.choice(1, 2), name=x)'\nx = 1\n")
    (tmp_path / "plain.py").write_text("x = 1\n")
    outside = tmp_path / ".outside"
    outside.write_text("'@nni.report_final_result(1)'\n")
    (tmp_path / "link.py").symlink_to(outside)
    command = [sys.executable, "-m", "heirloom.space.expand"]
    environment = {"PYTHONPATH": str(Path(__file__).parents[3])}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    assert "annotated_value('train/x/choice', {1: 1, 2: 2})" in (tmp_path / "train.py").read_text()
    assert (tmp_path / "plain.py").read_text() == "x = 1\n"
    assert (tmp_path / "link.py").read_text() == "__import__('nni').report_final_result(1)\n"
    assert outside.read_text() == "'@nni.report_final_result(1)'\n"
    (tmp_path / "train.py").write_text("'@nni.variable()'\n")
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("train.py:1: ")
