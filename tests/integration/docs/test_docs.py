"""Every command and example in README.md and docs/ is run as a reader would run it."""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.dispatch.ansible import playbook
from tests.integration.docs.pages import DOCS, PAGES, Block, blocks, output_pattern, page_id, prose
from tests.integration.search.conftest import PATIENCE, REPOSITORY, Lab
from tests.pytorch import require_torch

_LONGEST = 280  # seconds of one command: a search whose trials import PyTorch on a busy machine
# Commands that are not run, and the reason.
SKIPPED = {
    "sudo apt install": "changes the machine",
    "git clone": "needs a network",
    "pipx install": "changes the machine; the tests of the wheel do it",
    "pip install": "changes the environment",
    "python -m tests.simulation.planted": "takes minutes; tests/simulation runs each planted bug",
    "make ": "installs, takes minutes, or runs these tests",
    ". .venv/bin/activate": "the tests' own environment is active",
    ". env/bin/activate": "the tests' own environment is active",
    "python3 -m venv": "needs a network to fill it",
    "sudo --login": "this machine has no trial user",
}
# Commands with this inventory need hosts: test_cluster_commands_are_run_by_cluster_tests.
ON_A_CLUSTER = "inventory/lab"
# Listings and samples. test_reference.py checks the wire formats, and the tests of the registry
# of tuners check the entry points.
DATA = ("", "text", "json", "toml")
# Not written by hand. Blocks of the first show usage; `make test-exports` executes the second.
GENERATED = (DOCS / "reference/command-line.md", DOCS / "tutorial/notebook.md")


class Reader:
    """Runs what a page says, in a directory that looks like a clone."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.clone = lab.path / "clone"
        self.clone.mkdir()
        for path in REPOSITORY.iterdir():
            (self.clone / path.name).symlink_to(path)
        programs = lab.path / "bin"
        programs.mkdir()
        _write_command(programs / "heirloom")
        search_path = os.pathsep.join(
            [str(programs), str(Path(sys.executable).parent), os.environ["PATH"]]
        )
        self.environment = lab.environment | {"PATH": search_path}
        self.background = (
            False  # a command runs in the background: the next ones may come too early
        )

    def follow(self, page: Path) -> None:
        for block in blocks(page):
            if block.path is not None:
                self.lab.write(f"clone/{block.path}", block.text)
            if block.path is not None and "\ntrial:" in block.text:
                self.run(f"heirloom check {block.path} --samples 0", [])
            if block.language == "console":
                self.background = False
                for command, output in block.commands:
                    self.run(command, output)

    def run(self, command: str, output: list[str]) -> None:
        """Run a command. It must succeed and print each line of `output`."""
        if command.startswith(tuple(SKIPPED)) or ON_A_CLUSTER in command:
            return
        if command.endswith(" &"):
            subprocess.Popen(
                ["bash", "-c", command],
                cwd=self.clone,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ).wait(PATIENCE)
            self.background = True
            return
        end = time.monotonic() + PATIENCE
        while True:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=self.clone,
                env=self.environment,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_LONGEST,
                check=False,
            )
            if not done.returncode or not self.background or time.monotonic() > end:
                break
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        assert "Traceback" not in done.stdout
        printed = [" ".join(line.split()) for line in done.stdout.splitlines()]
        for line in output:
            pattern = output_pattern(line)
            assert any(map(pattern.fullmatch, printed)), f"{command}\n{line}\nnot in\n{done.stdout}"


def _write_command(path: Path) -> None:
    """The command `heirloom` of this checkout, whatever is installed in the environment."""
    program = path.with_suffix(".py")
    program.write_text(
        textwrap.dedent(f"""\
            import sys
            sys.path.insert(0, {str(REPOSITORY)!r})
            from controller.cli import main
            main()
        """)
    )
    command = shlex.join([sys.executable, str(program)])  # a path may have a blank
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    path.chmod(0o755)


def _check_readme(lab: Lab) -> None:
    trials = lab.trials("start")
    assert {trial["state"] for trial in trials} == {"succeeded"}
    assert any(trial["parents"] for trial in trials)


def _check_first_search(lab: Lab) -> None:
    trials = lab.trials("first")
    assert {trial["state"] for trial in trials} == {"succeeded"}
    assert any(trial["parents"] for trial in trials)


def _check_pytorch(lab: Lab) -> None:
    trials = lab.trials("cnn")
    assert {trial["state"] for trial in trials} == {"succeeded"}
    assert max(trial["value"] for trial in trials) > 0.8
    children = [trial for trial in trials if trial["parents"]]
    assert children
    for trial in children:
        inherited = trial["result"]["inherited"]
        assert inherited["share"] > 0.05
        # The kernel's first layer, its norm, the second layer and the head: all have some of it.
        assert inherited["new"] == 0
    assert all(
        trial["result"]["inherited"]["share"] == 0 for trial in trials if not trial["parents"]
    )


def _check_several_objectives(lab: Lab) -> None:
    trials = lab.trials("fast")
    assert {trial["state"] for trial in trials} == {"succeeded"}
    front = [trial for trial in trials if trial["front"]]
    assert front
    assert all(trial["values"]["latency"] <= 40 for trial in front)
    assert any(trial["parents"] for trial in trials)
    assert sum(trial["weights"] is not None for trial in trials) <= 5
    ordered = sorted(front, key=lambda trial: trial["values"]["latency"])
    assert ordered == sorted(front, key=lambda trial: trial["value"])


def _check_choices(lab: Lab) -> None:
    trials = lab.trials("chosen")
    assert {trial["state"] for trial in trials} == {"succeeded"}
    assert max(trial["value"] for trial in trials) > 0.5
    assert all(trial["result"]["macs"] > 0 for trial in trials)
    children = [trial for trial in trials if trial["parents"]]
    assert any(trial["result"]["inherited"]["share"] > 0.1 for trial in children)


def _check_long_search(lab: Lab) -> None:
    trials = lab.trials("closer")
    assert len(trials) == 3 + 8
    assert {trial["state"] for trial in trials} == {"succeeded"}
    assert any(parent < 3 for trial in trials for parent in trial["parents"])
    assert [each["name"] for each in json.loads(lab("status", "--json"))] == ["closer"]


def _check_running_searches(lab: Lab) -> None:
    trials = lab.trials("slow")
    assert [trial for trial in trials if trial["retry_of"] == 3]
    for trial in trials:
        if trial["state"] == "succeeded":
            assert trial["value"] == trial["params"]["rate"]


def _check_data(lab: Lab) -> None:
    trials = lab.trials("prepared")
    assert len(trials) == 2
    for trial in trials:
        assert trial["value"] == pytest.approx(4 * trial["params"]["rate"])
    [digest] = (lab.home / f"node/{os.geteuid()}").iterdir()
    assert len([path for path in digest.iterdir() if path.is_dir()]) == 1


def _check_other_languages(lab: Lab) -> None:
    trials = lab.trials("shell")
    assert {trial["state"] for trial in trials} == {"succeeded"}
    children = [trial for trial in trials if trial["parents"]]
    assert children
    for trial in children:
        own, parent = (
            int((Path(each["weights"]) / "age").read_text())
            for each in (trial, trials[trial["parents"][0]])
        )
        assert own == parent + 1


def _check_checkpoints(lab: Lab) -> None:
    trials = lab.trials("steady")
    assert len(trials) == 2
    for trial in trials:
        assert trial["result"]["epochs"] == list(range(6))
        assert len(trial["attempts"]) == 2


def _check_results_elsewhere(lab: Lab) -> None:
    trials = lab.trials("sums")
    exported = (lab.path / "clone/trials.jsonl").read_text().splitlines()
    assert [json.loads(line)["params"] for line in exported] == [each["params"] for each in trials]
    trial = trials[5]
    [parent] = trial["restored"]
    best = lab.path / "clone/best"
    assert (best / f"parents/{parent}/weights.json").is_file()
    requirements = (best / "requirements.txt").read_text()
    assert f"pytest=={pytest.__version__}\n" in requirements
    assert f"python | {platform.python_version()}" in (best / "README.md").read_text()


def _check_python(lab: Lab) -> None:
    assert len(lab.trials("curves")) == 6


def _check_disk_space(lab: Lab) -> None:
    assert json.loads(lab("status", "--json")) == []


def _check_experiment_file(lab: Lab) -> None:
    assert len(lab.trials("everything")) == 8


def _check_trial_api(lab: Lab) -> None:
    trials = lab.trials("mean")
    assert {trial["state"] for trial in trials} <= {"succeeded", "stopped"}
    assert any(trial["result"] and trial["result"]["parents"] for trial in trials)


def _check_own_tuner(lab: Lab) -> None:
    climb = lab.trials("climb")
    assert all(trial["result"]["inherited"] for trial in climb[1:])
    assert max(trial["value"] for trial in climb) > climb[0]["value"]


def _check_own_assessor(lab: Lab) -> None:
    assert {trial["state"] for trial in lab.trials("patience")} == {"stopped"}


def _check_nni(lab: Lab) -> None:
    curve = lab.trials("curve")
    assert {trial["state"] for trial in curve} == {"succeeded"}
    assert all(0 < trial["value"] < 1 for trial in curve)
    assert len(lab.trials("curve2")) == 4
    assert {trial["state"] for trial in lab.trials("family")} == {"succeeded"}


def _check_nni_reference(lab: Lab) -> None:
    for trial in lab.trials("nni_trial"):
        assert trial["result"]["nni"] == {"default": trial["value"], "note": "it's whole"}


def _check_nothing(lab: Lab) -> None:
    """The page's own commands and their output are the test."""


# Each page with commands or files, and what its experiments must have come to.
CHECKS: dict[str, Callable[[Lab], None]] = {
    "README.md": _check_readme,
    "docs/tutorial/first-search.md": _check_first_search,
    "docs/tutorial/pytorch.md": _check_pytorch,
    "docs/how-to/several-objectives.md": _check_several_objectives,
    "docs/tutorial/choices.md": _check_choices,
    "docs/tutorial/long-search.md": _check_long_search,
    "docs/how-to/running-searches.md": _check_running_searches,
    "docs/how-to/serve.md": _check_nothing,
    "docs/how-to/data.md": _check_data,
    "docs/how-to/checkpoints.md": _check_checkpoints,
    "docs/how-to/other-languages.md": _check_other_languages,
    "docs/how-to/results-elsewhere.md": _check_results_elsewhere,
    "docs/how-to/python.md": _check_python,
    "docs/how-to/disk-space.md": _check_disk_space,
    "docs/how-to/cluster.md": _check_nothing,
    "docs/how-to/own-tuner.md": _check_own_tuner,
    "docs/how-to/own-assessor.md": _check_own_assessor,
    "docs/how-to/nni.md": _check_nni,
    "docs/reference/experiment-file.md": _check_experiment_file,
    "docs/reference/trial-api.md": _check_trial_api,
    "docs/reference/nni.md": _check_nni_reference,
    "docs/explanation/promises.md": _check_nothing,
    "docs/explanation/testing.md": _check_nothing,
}


_TRAINING = {_check_choices, _check_pytorch}  # their trials train networks
_LONG = {_check_python, _check_results_elsewhere}  # many commands, each in a process of its own


def _pages() -> list[Any]:
    training = [pytest.mark.training]
    return [
        pytest.param(page, marks=training if check in _TRAINING | _LONG else [])
        for page, check in CHECKS.items()
    ]


@pytest.mark.parametrize("page", _pages())
def test_commands_and_examples_work(lab: Lab, page: str) -> None:
    if CHECKS[page] in _TRAINING:
        require_torch()
    Reader(lab).follow(REPOSITORY / page)
    CHECKS[page](lab)


@pytest.mark.parametrize("page", [page for page in PAGES if page not in GENERATED], ids=page_id)
def test_every_block_is_run_or_data(page: Path) -> None:
    for block in blocks(page):
        if block.language not in DATA:
            assert page_id(page) in CHECKS
            assert block.language == "console" or _is_file(block), block.text


def _is_file(block: Block) -> bool:
    return block.path is not None and block.path.endswith((".py", ".sh", ".yml"))


def test_make_targets_exist() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    targets = set(re.findall(r"\bmake ([a-z-]+)[`\n]", text))
    assert {"run", "test", "bench"} <= targets
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=REPOSITORY, check=True, capture_output=True)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_have_a_target(page: Path) -> None:
    """Also those of README.md, which the site does not contain."""
    for target, anchor in re.findall(r"\]\((?!https:)([^)#]*)#?([^)]*)\)", prose(page)):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE)
            slugs = [re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings]
            assert anchor in slugs, f"{target}#{anchor}"


def test_cluster_commands_are_run_by_cluster_tests() -> None:
    run = "".join(path.read_text() for path in REPOSITORY.glob("tests/cluster/*.py"))
    shown = {
        command
        for page in PAGES
        for block in blocks(page)
        for command, _ in block.commands
        if f"-i {ON_A_CLUSTER}" in command
    }
    assert shown
    for command in shown:
        words = [word for word in command.split() if word.endswith(".yml") or word == "nodes"]
        if command.startswith("heirloom site"):
            action = next((word for word in command.split() if word in playbook.ACTIONS), "site")
            words.append(f"{action}.yml")
        assert words, command
        assert all(re.search(rf'["/]{re.escape(word)}"', run) for word in words), command


def test_site_builds(tmp_path: Path) -> None:
    """Without a warning: a broken link or a page that the navigation lacks is one."""
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},  # as the Makefile does, which says why
    )
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "site/index.html").read_text()
    assert not re.findall(r'(?:src|href)="https?://[^"]*\.(?:js|css|woff2?)', page)
