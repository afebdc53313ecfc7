"""The reference pages agree with the code that they describe."""

from __future__ import annotations

import ast
import html
import inspect
import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from controller.cli import app
from controller.config import json_schema
from controller.core.model import Outcome
from controller.store.mail.messages import parse_message
from controller.store.monitor.metrics import parse as parse_report
from heirloom.node.process.environment import environment
from heirloom.node.spec import Spec
from heirloom.space import expand
from heirloom.space.forms import TYPES
from heirloom.store.limits.metrics import MetricLimits
from heirloom.store.manifest import Manifest
from heirloom.tuners.registry import KNOWN, OBJECTIVES, find
from tests.integration.docs.pages import DOCS, PAGES, README, blocks, code, page_id, prose, rows
from tests.integration.search.conftest import REPOSITORY
from tests.simulation.planted import PLANTED

FILE = DOCS / "reference/experiment-file.md"


def test_keys_types_and_defaults() -> None:
    schema = json_schema()
    documented = {code(key)[0]: (kind, default) for key, kind, default, _ in rows(FILE, "## Keys")}
    known = dict(_keys(schema, schema, ""))
    assert documented.keys() == known.keys()
    for key, (kind, default) in documented.items():
        assert kind == _kind(schema, known[key]), key
        value = known[key].get("default", "")
        if default.startswith("`"):
            assert default.strip("`") == (
                value if isinstance(value, str) and value else _json(value)
            )
        elif default == "":
            assert "default" not in known[key], key
        else:  # a description of the default: it is null, or empty
            assert value in (None, "") or key == "tuner", key


def _keys(schema: dict[str, Any], section: dict[str, Any], prefix: str) -> Any:
    for name, field in section["properties"].items():
        found = _section(schema, field)
        if found is None or name in ("tuner", "assessor"):
            yield prefix + name, field
        if found is not None:
            yield from _keys(schema, found, f"{prefix}{name}.")


def _section(schema: dict[str, Any], field: dict[str, Any]) -> dict[str, Any] | None:
    for option in [field, *field.get("anyOf", [])]:
        if "$ref" in option:
            found: dict[str, Any] = schema["$defs"][option["$ref"].rpartition("/")[2]]
            return found
    return None


def _kind(schema: dict[str, Any], field: dict[str, Any]) -> str:
    if _section(schema, field):
        return "mapping"
    if "enum" in field:
        *most, last = [f"`{value}`" for value in field["enum"]]
        return f"{', '.join(most)} or {last}"
    options = [option for option in field.get("anyOf", [field]) if option["type"] != "null"]
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
        frozenset({"string", "object"}): "text or mapping",
        frozenset({"object", "array"}): "mapping or list",
        frozenset({"string", "number"}): "duration",
        frozenset({"string", "integer"}): "size",
    }[frozenset(kinds)]


def _json(value: Any) -> str:
    return json.dumps(value)


def test_arguments_of_built_in_tuners_and_assessors() -> None:
    heading = "## Arguments of built-in tuners and assessors"
    documented = {
        (code(name)[0], code(key)[0]): code(default)[0]
        for name, key, default, _ in rows(FILE, heading)
    }
    known = {
        (name, key): _json(parameter.default)
        for kind in KNOWN
        for name in KNOWN[kind]
        for key, parameter in inspect.signature(find(kind, name)).parameters.items()
        # Arguments of all or many tuners have paragraphs of their own.
        if parameter.default is not parameter.empty
        and key not in (OBJECTIVES, "initial", "resource")
    }
    assert documented == known
    text = FILE.read_text()
    assert all(f"`{name}`" in text for kind in KNOWN for name in KNOWN[kind])


def test_search_space_types() -> None:
    documented = {kind for cells in rows(FILE, "## Search space") for kind in code(cells[0])}
    assert documented == set(TYPES)
    [example] = [block for block in blocks(FILE) if block.path == "everything/experiment.yml"]
    space = expand(yaml.safe_load(example.text)["search_space"])
    options = [option for option in space["layer"]["_value"] if isinstance(option, dict)]
    parameters = [*space.values(), *(spec for one in options for spec in expand(one).values())]
    assert {spec["_type"] for spec in parameters if isinstance(spec, dict)} == documented


def test_variables_of_a_trial() -> None:
    pages = prose(DOCS / "reference/trial-api.md") + prose(DOCS / "reference/nni.md")
    documented = set(re.findall(r"(?:HEIRLOOM|NNI)_[A-Z_]+", pages)) - {
        "HEIRLOOM_HOME",
        "NNI_CONFIG_DIR",
    }
    spec = Spec("0.1", "e", "/e", "n", "true", "runtime/x", {})
    given = environment(spec, [], 1, "/run", {}, {})
    assert documented == {name for name in given if name.startswith(("HEIRLOOM_", "NNI_"))}


def test_command_line_page_is_current() -> None:
    """`make command-line` writes the page. Each command has its help text and its options there."""
    text = html.unescape((DOCS / "reference/command-line.md").read_text())
    sections = dict(re.findall(r"^## `heirloom ([a-z]+)`\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    assert sections.keys() == _commands().keys(), "run: make command-line"
    for command, declared in _commands().items():
        section = " ".join(sections[command].split())
        assert " ".join(declared.help.split()) in section, f"{command}: run make command-line"
        for parameter in declared.params:
            shown = parameter.opts if parameter.param_type_name == "option" else []
            assert all(f"`{option}" in section or f", {option}" in section for option in shown)


def test_commands_on_pages_exist_and_each_is_shown_once() -> None:
    shown = set()
    for page in PAGES:
        named = set(re.findall(r"(?:^\$ |`)heirloom ([a-z]+)", page.read_text(), re.MULTILINE))
        assert named <= _commands().keys(), page_id(page)
        if page != DOCS / "reference/command-line.md":
            shown |= named
    assert shown == _commands().keys()


def _commands() -> dict[str, Any]:
    return dict(getattr(get_command(app), "commands"))  # noqa: B009 - click's own type hides it


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_paths_on_pages_exist(page: Path) -> None:
    for path in code(prose(page)):
        if re.fullmatch(
            r"(controller|heirloom|playbooks|examples|roles|tests|testbed|docs)/[\w./]*", path
        ):
            assert (REPOSITORY / path).exists(), path


def test_layers_on_the_design_page_are_those_that_are_checked() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]
    [contract] = [each for each in settings["contracts"] if each["type"] == "layers"]
    checked = [sorted(re.split(r"\s*[|:]\s*", layer)) for layer in contract["layers"]]
    table = rows(DOCS / "explanation/design.md", "## Layout and layers")
    assert [sorted(code(cells[0])) for cells in table] == checked


def test_planted_bugs_are_listed() -> None:
    [block] = [each for each in blocks(DOCS / "explanation/testing.md") if "no fsync" in each.text]
    [(_, output)] = block.commands
    assert [line.partition(":")[0] for line in output] == list(PLANTED)


def test_messages_to_look_up_are_in_the_code() -> None:
    page = DOCS / "how-to/troubleshooting.md"
    literals = [text for path in _sources() for text in _literals(path)]
    headings = (
        "## Before a search starts",
        "## A node that is not ready",
        "## While it runs",
        "## Why a trial failed",
    )
    for message in [
        m for heading in headings for cells in rows(page, heading) for m in code(cells[0])
    ]:
        if message.endswith(".log"):
            continue
        assert any(message.strip() in text for text in literals), message


def _sources() -> list[Path]:
    return [*(REPOSITORY / "controller").rglob("*.py"), *(REPOSITORY / "heirloom").rglob("*.py")]


def _literals(path: Path) -> list[str]:
    """The string literals of a module. A replacement field of an f-string reads `…`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "…" for p in node.values]
            found.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return found


def test_samples_of_wire_formats_are_accepted_by_the_code() -> None:
    page = DOCS / "reference/files.md"
    spec, manifest, mail = [_plain(b.text) for b in blocks(page) if b.language == "json"]
    taken = Spec.from_dict(json.loads(spec))
    assert json.loads(spec).keys() == {"format", *vars(taken)}
    verdict = Manifest.from_json(manifest.encode())
    assert json.loads(manifest).keys() == {"format", *vars(verdict)}
    messages = [json.loads(line) for line in mail.replace(",\n", ",").splitlines()]
    kinds = {message["kind"] for message in messages}
    assert kinds == {"preparing", "prepared", "began", "ended"}
    for message in messages:
        assert parse_message(f"{message['attempt']}.{message['kind']}.json", message).trial == 7
    outcomes = re.search(r"`outcome` is one of ([^.]*)\.", page.read_text())
    assert outcomes is not None
    assert {*re.findall(r"\w+", outcomes[1]), "lost"} == {str(outcome) for outcome in Outcome}
    [report] = [text for text in code(page.read_text()) if text.startswith('{"step"')]
    assert parse_report(report.encode(), MetricLimits()) == (3, 0.71, {"loss": 0.3})


def _plain(text: str) -> str:
    return re.sub(r"//.*", "", text).replace("sha256:…", "sha256:" + "0" * 64)


def test_overview_links_to_every_page() -> None:
    overview = DOCS / "index.md"
    for page in PAGES:
        if page not in (README, overview):
            assert f"({os.path.relpath(page, DOCS)})" in overview.read_text()
