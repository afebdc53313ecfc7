"""`heirloom site`, and the shell's completion, from the wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.install.conftest import User

INVENTORY = """
    trial_nodes:
      hosts:
        here:
          ansible_connection: local
"""


@pytest.fixture
def inventory(user: User) -> Path:
    return user.write("lab/hosts.yml", INVENTORY)


@pytest.mark.parametrize(
    ("words", "playbook"),
    [
        ((), "site.yml"),
        (("verify",), "playbooks/verify.yml"),
        (("teardown",), "playbooks/teardown.yml"),
    ],
)
def test_site_runs_the_playbooks_of_the_wheel(
    user: User, inventory: Path, words: tuple[str, ...], playbook: str
) -> None:
    output = user("site", *words, "-i", inventory, "--", "--list-tasks")
    content = user.installed.site_packages / "controller/dispatch/ansible/content"
    assert f"playbook: {content}/{playbook}" in output


def test_site_passes_the_exit_code_on(user: User, inventory: Path) -> None:
    assert "--no-such-option" in user("site", "-i", inventory, "--", "--no-such-option", code=2)
    output = user("site", "-i", inventory, "--limit", "elsewhere", "--list-hosts", code=1)
    assert "no hosts to target" in output


@pytest.mark.parametrize(
    "words", ["resume ", "show fi", "trials ", "logs f", "status fi", "recover "]
)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_shell_completes_names_of_experiments(user: User, shell: str, words: str) -> None:
    whole = user.home / "experiments" / "first"
    whole.mkdir(parents=True)
    (whole / "journal.db").touch()
    (user.home / "experiments" / "half-made").mkdir()
    line = f"heirloom {words}"
    asked: dict[str, dict[str, Any]] = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": "2"},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
    }
    output = user(_HEIRLOOM_COMPLETE=f"complete_{shell}", **asked[shell])
    assert "first" in output
    assert "half-made" not in output


def test_the_shell_completes_commands(user: User) -> None:
    variables: dict[str, Any] = {"COMP_WORDS": "heirloom res", "COMP_CWORD": "1"}
    assert user(_HEIRLOOM_COMPLETE="complete_bash", **variables).split() == ["resume"]
