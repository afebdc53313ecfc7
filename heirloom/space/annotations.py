"""Search spaces in annotations of a trial's code, in NNI's form.

An annotation is a string that stands alone as a statement, such as
`'''@nni.variable(nni.choice(2, 3), name=size)'''` before an assignment to `size`. NNI 1 and 2
document them under "NNI Annotation". `read` finds those of one file: the parameters that they
describe, and the edits that make the file ask for the parameters' values. Edits keep every line
number.
"""

from __future__ import annotations

import ast
import io
import os
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional, Union

MARK = "@nni."
_NUMERIC = frozenset(
    {
        "randint",
        "uniform",
        "quniform",
        "loguniform",
        "qloguniform",
        "normal",
        "qnormal",
        "lognormal",
        "qlognormal",
    }
)
_CALLS = frozenset({"get_next_parameter", "report_intermediate_result", "report_final_result"})
_KNOWN = "variable, function_choice, " + ", ".join(sorted(_CALLS))
_VALUE = "__import__('nni.trial').trial.annotated_value"


@dataclass(frozen=True)
class Edit:
    """Text in place of a part of a file. Positions are a line, from 1, and a column in bytes."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


@dataclass
class AnnotatedFile:
    """The annotations of one file. `mistakes` has the line and the text of each."""

    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    mistakes: list[tuple[int, str]] = field(default_factory=list)


class _MistakeError(Exception):
    """What is wrong with an annotation."""


def read(source: bytes, module: str) -> AnnotatedFile:
    """Read the annotations of a file. `module` is its name, the first part of each parameter's."""
    found = AnnotatedFile()
    if MARK.encode() not in source:
        return found
    try:
        tree = ast.parse(utf8(source))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        found.mistakes.append((line, f"invalid Python: {getattr(error, 'msg', error)}"))
        return found
    pairs = [pair for body in _bodies(tree) for pair in zip(body, [*body[1:], None])]
    for statement, following in sorted(pairs, key=lambda pair: pair[0].lineno):
        text = _annotation(statement)
        try:
            if text is not None:
                _add(found, statement, text, following, module)
        except _MistakeError as mistake:
            found.mistakes.append((statement.lineno, str(mistake)))
    return found


def apply(source: bytes, edits: list[Edit]) -> bytes:
    """The file with the edits, in its own encoding."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    lines = utf8(source).split(b"\n")
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        (first, start), (last, end) = edit.start, edit.end
        before, after = lines[first - 1][:start], lines[last - 1][end:]
        lines[first - 1 : last] = (before + edit.text.encode() + after).split(b"\n")
    text = b"\n".join(lines).decode("utf-8")
    return text.encode(encoding)


def utf8(source: bytes) -> bytes:
    """The file's text in UTF-8. Columns of the syntax tree count these bytes."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    text = source.decode(encoding)
    return text.replace("\r\n", "\n").encode("utf-8")


def search_space(directory: Path) -> tuple[dict[str, Any], list[tuple[Path, int, str]]]:
    """The parameters in the Python files below a directory, and the mistakes with their places."""
    space: dict[str, Any] = {}
    mistakes: list[tuple[Path, int, str]] = []
    for path, module in python_files(directory):
        try:
            found = read(path.read_bytes(), module)
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            mistakes.append((path, 1, f"cannot be read: {error}"))
            continue
        space.update(found.parameters)
        mistakes += [(path, line, text) for line, text in found.mistakes]
    return space, mistakes


def python_files(directory: Path) -> Iterator[tuple[Path, str]]:
    """The Python files below a directory, with their modules.

    Hidden directories, virtual environments and links to directories are left out.
    """
    for place, inner, names in os.walk(directory):
        inner[:] = sorted(
            name
            for name in inner
            if not name.startswith(".") and not Path(place, name, "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            path = Path(place, name)
            if path.suffix == ".py" and not name.startswith(".") and path.is_file():
                yield path, ".".join(path.relative_to(directory).with_suffix("").parts)


def _bodies(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    """Every list of statements."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                yield body


def _annotation(statement: ast.stmt) -> Optional[str]:
    """The text of an annotation without its `@`; None for another statement."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        text = statement.value.value
        if isinstance(text, str) and text.strip().startswith(MARK):
            return text.strip()[1:]
    return None


def _add(
    found: AnnotatedFile,
    statement: ast.stmt,
    text: str,
    following: Optional[ast.stmt],
    module: str,
) -> None:
    try:
        call = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise _MistakeError(f"the annotation is invalid Python: {error.msg}") from None
    name = _nni_name(call)
    if not isinstance(call, ast.Call) or name is None:
        raise _MistakeError(f"the annotation is not a call: known are {_KNOWN} of nni")
    if name in _CALLS:
        found.edits.append(_replacement(statement, _with_module(call)))
    elif name == "variable":
        _add_variable(found, call, following, module)
        found.edits.append(_replacement(statement, "pass"))
    elif name == "function_choice":
        _add_function(found, call, following, module)
        found.edits.append(_replacement(statement, "pass"))
    else:
        raise _MistakeError(f"unknown annotation nni.{name}: known are {_KNOWN}")


def _add_variable(
    found: AnnotatedFile, call: ast.Call, following: Optional[ast.stmt], module: str
) -> None:
    target = _name_of(call)
    kind = _nni_name(call.args[0]) if len(call.args) == 1 else None
    if kind is None or not isinstance(call.args[0], ast.Call):
        raise _MistakeError("write nni.variable(nni.choice(1, 2), name=x), or another type of nni")
    if not isinstance(following, ast.Assign) or [
        ast.unparse(each) for each in following.targets
    ] != [target]:
        raise _MistakeError(f"an assignment to {target} must follow, as the annotation names it")
    arguments = call.args[0].args
    key = f"{module}/{target}/{kind}"
    options = ""
    if kind == "choice":
        values = {_option(argument): ast.unparse(argument) for argument in arguments}
        _add_parameter(found, key, kind, list(values))
        options = f", {{{', '.join(f'{name!r}: {value}' for name, value in values.items())}}}"
    elif kind in _NUMERIC:
        _add_parameter(found, key, kind, [_number(argument) for argument in arguments])
    else:
        raise _MistakeError(
            f"unknown type nni.{kind}: known are choice, {', '.join(sorted(_NUMERIC))}"
        )
    found.edits.append(_replacement(following.value, f"{_VALUE}({key!r}{options})"))


def _add_function(
    found: AnnotatedFile, call: ast.Call, following: Optional[ast.stmt], module: str
) -> None:
    target = _name_of(call)
    uses = [
        node
        for node in (ast.walk(following) if following is not None else ())
        if isinstance(node, ast.Call) and ast.unparse(node.func) == target
    ]
    if not uses:
        raise _MistakeError(f"a statement with a call of {target} must follow")
    if not call.args:
        raise _MistakeError("nni.function_choice needs at least one call to choose from")
    options = [ast.unparse(argument) for argument in call.args]
    key = f"{module}/{target}/function_choice"
    _add_parameter(found, key, "choice", options)
    functions = ", ".join(f"{option!r}: lambda: {option}" for option in options)
    for use in uses:
        found.edits.append(_replacement(use, f"{_VALUE}({key!r}, {{{functions}}})()"))


def _add_parameter(found: AnnotatedFile, key: str, kind: str, values: list[Any]) -> None:
    parameter = {"_type": kind, "_value": values}
    if found.parameters.setdefault(key, parameter) != parameter:
        raise _MistakeError(f"{key} has other values at another place of the file")


def _nni_name(node: ast.expr) -> Optional[str]:
    """The NAME of a call `nni.NAME(...)`."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id == "nni" else None
    return None


def _name_of(call: ast.Call) -> str:
    """The source of the argument `name`."""
    names = [keyword.value for keyword in call.keywords if keyword.arg == "name"]
    if len(names) != 1 or len(call.keywords) != 1:
        raise _MistakeError("the annotation needs one keyword argument, name=…")
    return ast.unparse(names[0])


def _option(argument: ast.expr) -> Union[int, float, str]:
    """What stands for an option in the search space: a number or text itself, else its source."""
    try:
        value = ast.literal_eval(argument)
    except ValueError:
        value = None
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        return value
    return ast.unparse(argument)


def _number(argument: ast.expr) -> Union[int, float]:
    try:
        value = ast.literal_eval(argument)
    except ValueError:
        value = None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _MistakeError(f"{ast.unparse(argument)} must be a number")
    return value


def _with_module(call: ast.Call) -> str:
    """The source of a call `nni.NAME(...)` that needs no `import nni`."""
    return f"__import__('nni'){ast.unparse(call)[len('nni') :]}"


def _replacement(node: Union[ast.stmt, ast.expr], text: str) -> Edit:
    """The edit that puts text in place of a node, with as many lines."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    lines = node.end_lineno - node.lineno
    if isinstance(node, ast.expr):
        text = f"({text}" + "\n" * lines + ")"
    else:
        text += "\n" * lines
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return Edit(start, end, text)
