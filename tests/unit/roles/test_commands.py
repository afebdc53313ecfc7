"""How roles and playbooks run programs: words never pass through a shell or a splitter unquoted."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.dispatch.ansible.environment import ROOT

FILES = sorted(
    path
    for pattern in (
        "roles/**/*.yml",
        "playbooks/**/*.yml",
        "tests/cluster/**/*.yml",
    )
    for path in ROOT.glob(pattern)
    if not {"defaults", "meta", "vars"} & set(path.parts)
)
TASKS = [path for path in FILES if "molecule" not in path.parts]
COMMANDS = ("command", "shell", "script", "raw")
# Programs that translate their output, or that lie in a directory that sudo may leave out of PATH.
TRANSLATED = ("df", "exportfs", "firewall-cmd", "modprobe", "mount", "showmount", "ufw")
QUOTED = re.compile(r"\| quote\b|\| ternary\(")


def tasks(found: Any, outer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every task in a file, with the keywords of the blocks and imports around it."""
    if isinstance(found, list):
        for item in found:
            yield from tasks(item, outer)
    elif isinstance(found, dict):
        yield outer | found
        for key in ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"):
            yield from tasks(found.get(key), {"environment": found.get("environment")})


def commands(files: list[Path]) -> Iterator[Any]:
    for path in files:
        for task in tasks(yaml.safe_load(path.read_text()), {}):
            for command in COMMANDS:
                if f"ansible.builtin.{command}" in task:
                    where = f"{path.relative_to(ROOT)}: {task['name']}"
                    words = task[f"ansible.builtin.{command}"]
                    yield pytest.param(command, words, task, id=where)


@pytest.mark.parametrize(("command", "words", "task"), [*commands(FILES)])
def test_variables_are_words_of_their_own(
    request: pytest.FixtureRequest, command: str, words: Any, task: dict[str, Any]
) -> None:
    """`command` with a line would split a path with a blank; `argv` does not.

    In a shell line, `quote` makes one word, and `ternary` chooses one of two.
    """
    text = words if isinstance(words, str) else words.get("cmd", "")
    variables = re.findall(r"\{\{.*?\}\}", text, re.S)
    if command == "command":
        assert variables == [], "use argv"
    elif "molecule" not in str(request.node.name):  # their values are the test's own
        assert [variable for variable in variables if not QUOTED.search(variable)] == []


@pytest.mark.parametrize(("command", "words", "task"), [*commands(TASKS)])
def test_programs_whose_output_is_parsed_speak_one_language(
    command: str, words: Any, task: dict[str, Any]
) -> None:
    """Their language and their search path do not depend on the login (LC_ALL, secure_path)."""
    text = str(words)
    used = [name for name in TRANSLATED if re.search(rf"(^|['\"\s(]){name}\s*['\"\s,]", text)]
    if used:
        assert task.get("environment"), f"set the environment of {used}"


def test_files_are_found() -> None:
    names = {path.relative_to(ROOT).parts[:2] for path in FILES}
    assert {("roles", "nfs_server"), ("roles", "nfs_client"), ("roles", "trial_node")} <= names
    assert Path("tests/cluster/molecule/create.yml") in {path.relative_to(ROOT) for path in FILES}
