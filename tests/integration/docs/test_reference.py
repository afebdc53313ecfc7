"""The tables of docs/ against the code that they describe."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
from pathlib import Path
from typing import Any

from typer.main import get_command

from controller.cli import app
from controller.config import json_schema
from controller.core.model import Outcome
from controller.store.messages import parse_message
from controller.store.metrics import parse as parse_report
from heirloom.node.process.environment import environment
from heirloom.node.spec import Spec
from heirloom.space import SpaceError, parse
from heirloom.store.manifest import Manifest
from heirloom.tuners.registry import KNOWN, find
from tests.integration.docs.pages import PAGES, blocks, code, prose, rows
from tests.integration.search.conftest import REPOSITORY

DOCS = REPOSITORY / "docs"
FILE = DOCS / "reference/experiment-file.md"


def test_every_key_with_its_type_and_default() -> None:
    schema = json_schema()
    documented = {code(key)[0]: (kind, default) for key, kind, default, _ in rows(FILE, "## Keys")}
    known = dict(_keys(schema, schema, ""))
    assert documented.keys() == known.keys()
    for key, (kind, default) in documented.items():
        assert kind == _kind(schema, known[key]), key
        said = known[key].get("default", "")
        if default.startswith("`"):
            assert default.strip("`") == (said if isinstance(said, str) and said else _json(said))
        elif default == "":
            assert "default" not in known[key], key
        else:  # words: what null, or nothing, comes to
            assert said in (None, "") or key == "tuner", key


def _keys(schema: dict[str, Any], section: dict[str, Any], prefix: str) -> Any:
    for name, said in section["properties"].items():
        found = _section(schema, said)
        if found is None or name in ("tuner", "assessor"):
            yield prefix + name, said
        if found is not None:
            yield from _keys(schema, found, f"{prefix}{name}.")


def _section(schema: dict[str, Any], said: dict[str, Any]) -> dict[str, Any] | None:
    for option in [said, *said.get("anyOf", [])]:
        if "$ref" in option:
            found: dict[str, Any] = schema["$defs"][option["$ref"].rpartition("/")[2]]
            return found
    return None


def _kind(schema: dict[str, Any], said: dict[str, Any]) -> str:
    if _section(schema, said):
        return "mapping"
    if "enum" in said:
        *most, last = [f"`{value}`" for value in said["enum"]]
        return f"{', '.join(most)} or {last}"
    options = [option for option in said.get("anyOf", [said]) if option["type"] != "null"]
    kinds = {option.get("format", option["type"]) for option in options}
    return {
        frozenset({"string"}): "text",
        frozenset({"path"}): "path",
        frozenset({"path", "object"}): "path or mapping",
        frozenset({"array"}): "list of paths",
        frozenset({"integer"}): "whole number",
        frozenset({"number"}): "number",
        frozenset({"boolean"}): "yes or no",
        frozenset({"object"}): "mapping",
        frozenset({"string", "array"}): "text or list",
        frozenset({"object", "array"}): "mapping or list",
        frozenset({"string", "number"}): "duration",
        frozenset({"string", "integer"}): "size",
    }[frozenset(kinds)]


def _json(value: Any) -> str:
    return json.dumps(value)


def test_arguments_of_tuners_and_assessors() -> None:
    heading = "## Arguments of what comes with Heirloom"
    documented = {
        (code(name)[0], code(key)[0]): code(default)[0]
        for name, key, default, _ in rows(FILE, heading)
    }
    known = {
        (name, key): _json(parameter.default)
        for kind in KNOWN
        for name in KNOWN[kind]
        for key, parameter in inspect.signature(find(kind, name)).parameters.items()
        if parameter.default is not parameter.empty
    }
    assert documented == known
    text = FILE.read_text()
    assert all(f"`{name}`" in text for kind in KNOWN for name in KNOWN[kind])


def test_every_type_of_the_search_space() -> None:
    documented = {kind for cells in rows(FILE, "## Search space") for kind in code(cells[0])}
    try:
        parse({"x": {"_type": "?", "_value": []}})
    except SpaceError as error:
        known = str(error).rpartition("known: ")[2].split(", ")
    assert documented == set(known)
    [example] = [block for block in blocks(FILE) if block.path == "everything/experiment.yml"]
    assert set(re.findall(r"_type: (\w+)", example.text)) == documented


def test_the_variables_of_a_trial() -> None:
    documented = set(
        re.findall(r"(?:HEIRLOOM|NNI)_[A-Z_]+", prose(DOCS / "reference/trial-api.md"))
    )
    spec = Spec("0.1", "e", "/e", "n", "true", "runtime/x", {})
    given = environment(spec, [], 1, "/run", {})
    assert documented == {name for name in given if name.startswith(("HEIRLOOM_", "NNI_"))}


def test_commands_that_are_named_exist_and_the_readme_names_all() -> None:
    commands = set(getattr(get_command(app), "commands"))  # noqa: B009 - click's own type hides it
    for page in PAGES:
        named = re.findall(r"python -m controller ([a-z]+)", page.read_text())
        assert set(named) <= commands, page.name
    readme = set(re.findall(r"python -m controller ([a-z]+)", PAGES[0].read_text()))
    assert readme == commands


def test_paths_in_the_module_map_exist() -> None:
    for path in code((DOCS / "explanation/design.md").read_text()):
        if re.match(r"(controller|heirloom|playbooks|examples)/", path):
            assert (REPOSITORY / path).exists(), path


def test_messages_to_be_looked_up_are_said_by_the_code() -> None:
    page = DOCS / "how-to/troubleshooting.md"
    said = [text for path in _sources() for text in _literals(path)]
    headings = (
        "## Before a search starts", "## A node that is not ready", "## While it runs",
        "## Why a trial failed",
    )  # fmt: skip
    for message in [
        m for heading in headings for cells in rows(page, heading) for m in code(cells[0])
    ]:
        assert any(message.strip() in text for text in said), message


def _sources() -> list[Path]:
    return [*(REPOSITORY / "controller").rglob("*.py"), *(REPOSITORY / "heirloom").rglob("*.py")]


def _literals(path: Path) -> list[str]:
    """The texts in a module; what is put into one reads `…`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "…" for p in node.values]
            found.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return found


def test_samples_on_the_wire_are_what_the_code_takes() -> None:
    page = DOCS / "reference/wire-formats.md"
    spec, manifest, mail = [_plain(b.text) for b in blocks(page) if b.language == "json"]
    taken = Spec.from_dict(json.loads(spec))
    assert json.loads(spec).keys() == {"format", *vars(taken)}
    verdict = Manifest.from_json(manifest.encode())
    assert json.loads(manifest).keys() == {"format", *vars(verdict)}
    letters = [json.loads(line) for line in mail.replace(",\n", ",").splitlines()]
    assert {said["kind"] for said in letters} == {"began", "ended"}
    for said in letters:
        assert parse_message(f"{said['attempt']}.{said['kind']}.json", said).trial == 7
    outcomes = re.search(r"`outcome` is one of ([^.]*)\.", page.read_text())
    assert outcomes is not None
    assert {*re.findall(r"\w+", outcomes[1]), "lost"} == {str(outcome) for outcome in Outcome}
    [report] = [said for said in code(page.read_text()) if said.startswith('{"step"')]
    assert parse_report(report.encode()) == (3, 0.71)


def _plain(text: str) -> str:
    return re.sub(r"//.*", "", text).replace("sha256:…", "sha256:" + "0" * 64)


def test_the_readme_names_pages_that_there_are() -> None:
    for page in PAGES[1:]:
        assert f"({os.path.relpath(page, REPOSITORY)})" in PAGES[0].read_text()
