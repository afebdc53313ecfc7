"""No path breaks a command of a playbook: arguments are lists, and shell scripts quote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.dispatch.ansible.environment import ROOT

FILES = sorted(
    file
    for directory in (".", "playbooks", "roles", "tests", "testbed")
    for file in (ROOT / directory).glob("*.yml" if directory == "." else "**/*.yml")
)
COMMANDS = ("command", "raw", "script", "shell")
TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
# The filter `quote`, or a choice between two words of the playbook's own.
QUOTED = re.compile(
    r"\| *(quote|map\('quote'\) *\| *join\(' '\)|ternary\('[\w-]+', '[\w-]+'\)) *-?$"
)


class Loader(yaml.SafeLoader):
    """YAML with Ansible's own tags, whose values are read as text."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: str(node.value))


def tasks(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping of a file: tasks are among them, in blocks and handlers too."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from tasks(inner)


def mistakes(text: str) -> Iterator[str]:
    """The commands of a file into whose line a value is pasted without quotes."""
    for document in yaml.load_all(text, Loader):
        for task in tasks(document if isinstance(document, dict | list) else []):
            for key, value in task.items():
                module = str(key).removeprefix("ansible.builtin.")
                if module in COMMANDS and (str(key) != module or "name" in task):
                    yield from pasted(module, value)
                elif key in ("action", "local_action") and "{{" in str(value):
                    yield f"{key}: {value}"


def pasted(module: str, value: Any) -> Iterator[str]:
    line = value.get("cmd", value.get("_raw_params", "")) if isinstance(value, dict) else value
    if not isinstance(line, str):
        return
    for found in TEMPLATE.findall(line):
        if module == "command" or not QUOTED.search(found.strip()):
            yield f"{module}: {line.strip()}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_value_is_pasted_into_the_line_of_a_command(file: Path) -> None:
    remedy = "give `argv`, or in a shell script the filter `quote`"
    assert list(mistakes(file.read_text())) == [], remedy


@pytest.mark.parametrize(
    ("task", "count"),
    [
        ("ansible.builtin.command: rm {{ path }}", 1),
        ("ansible.builtin.command: rm {{ path | quote }}", 1),
        ("ansible.builtin.command: {cmd: 'rm {{ path }}'}", 1),
        ("ansible.builtin.command: {argv: [rm, '{{ path }}']}", 0),
        ("ansible.builtin.command: systemctl daemon-reload", 0),
        ("command: rm {{ path }}", 1),
        ("ansible.builtin.shell: rm {{ path }}", 1),
        ("ansible.builtin.shell: rm {{ path | quote }} && ls '{{ path }}'", 1),
        ("ansible.builtin.shell: rm {{ path | default('/x') | quote }}", 0),
        ("ansible.builtin.shell: rm {{ paths | map('quote') | join(' ') }}", 0),
        ("ansible.builtin.shell: rm {{ paths | join(' ') }}", 1),
        ("ansible.builtin.shell: rm {{ no | ternary('-r', '-f') }}", 0),
        ("ansible.builtin.script: look.sh {{ path }}", 1),
        ("local_action: command rm {{ path }}", 1),
        ("block: [{name: inner, ansible.builtin.command: 'rm {{ path }}'}]", 1),
    ],
)
def test_the_check_finds_what_is_pasted(task: str, count: int) -> None:
    text = f"- hosts: all\n  tasks:\n    - name: a task\n      {task}\n"
    assert len(list(mistakes(text))) == count
