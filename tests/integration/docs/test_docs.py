"""Every command and example of README.md and docs/ is run as a reader would run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.docs.pages import PAGES, Block, blocks, prose, shown
from tests.integration.search.conftest import PATIENCE, REPOSITORY, Lab

# What is not run here, and why.
SKIPPED = {
    "sudo apt install": "changes the machine",
    "make ": "installs, takes minutes, or runs these tests",
    ". .venv/bin/activate": "the tests' own environment is active",
    "sudo --login": "there is no trial user on this machine",
}
# These need real hosts: test_what_a_cluster_is_told_is_tried_on_one.
ON_A_CLUSTER = "inventory/lab"
DATA = ("", "text", "json")  # listings and samples; test_reference.py checks the wire formats


class Reader:
    """Somebody at a shell in the clone, who types what the pages say."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.clone = lab.path / "clone"
        self.clone.mkdir()
        for path in REPOSITORY.iterdir():
            (self.clone / path.name).symlink_to(path)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = lab.environment | {"PATH": path}
        self.waiting = False  # for something in the background to have come far enough

    def follow(self, page: Path) -> None:
        for block in blocks(page):
            if block.path is not None:
                self.lab.write(f"clone/{block.path}", block.text)
            if block.path is not None and "\ntrial:" in block.text:
                self.type(f"python -m controller check {block.path} --samples 0", [])
            if block.language == "console":
                self.waiting = False
                for command, output in block.commands:
                    self.type(command, output)

    def type(self, command: str, output: list[str]) -> None:
        if command.startswith(tuple(SKIPPED)) or ON_A_CLUSTER in command:
            return
        if command.endswith(" &"):
            subprocess.Popen(
                ["bash", "-c", command], cwd=self.clone, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            ).wait(PATIENCE)  # fmt: skip
            self.waiting = True
            return
        end = time.monotonic() + PATIENCE
        while True:
            done = subprocess.run(
                ["bash", "-c", command], cwd=self.clone, env=self.environment, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=PATIENCE, check=False,
            )  # fmt: skip
            if not done.returncode or not self.waiting or time.monotonic() > end:
                break
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        assert "Traceback" not in done.stdout
        said = [" ".join(line.split()) for line in done.stdout.splitlines()]
        for line in output:
            pattern = shown(line)
            assert any(map(pattern.fullmatch, said)), f"{command}\n{line}\nnot in\n{done.stdout}"


@pytest.fixture
def reader(lab: Lab) -> Reader:
    return Reader(lab)


def _page(name: str) -> Path:
    return next(page for page in PAGES if page.name == name)


def test_readme(reader: Reader) -> None:
    reader.follow(_page("README.md"))
    first = reader.lab.trials("first")
    assert {trial["state"] for trial in first} == {"succeeded"}
    assert any(trial["parents"] for trial in first)
    shell = reader.lab.trials("shell")
    assert [trial["id"] for trial in shell if trial["retry_of"] == 3]
    succeeded = [trial for trial in shell if trial["state"] == "succeeded"]
    for trial in succeeded:
        assert trial["value"] == trial["params"]["rate"]
        assert (Path(trial["weights"]) / "age").read_text() == "1\n"


def test_experiment_file(reader: Reader) -> None:
    reader.follow(_page("experiment-file.md"))
    assert len(reader.lab.trials("everything")) == 8


def test_trials(reader: Reader) -> None:
    reader.follow(_page("trial-api.md"))
    trials = reader.lab.trials("mean")
    assert {trial["state"] for trial in trials} <= {"succeeded", "stopped"}
    assert any(trial["result"] and trial["result"]["parents"] for trial in trials)
    for trial in reader.lab.trials("nni_trial"):
        assert trial["result"]["nni"] == {"default": trial["value"], "note": "it's whole"}


def test_tuners(reader: Reader) -> None:
    reader.follow(_page("tuner-api.md"))
    climb = reader.lab.trials("climb")
    assert all(trial["result"]["inherited"] for trial in climb[1:])
    assert max(trial["value"] for trial in climb) > climb[0]["value"]
    assert {trial["state"] for trial in reader.lab.trials("patience")} == {"stopped"}


def test_testing(reader: Reader) -> None:
    reader.follow(_page("testing.md"))


def test_promises(reader: Reader) -> None:
    reader.follow(_page("promises.md"))


def test_nni(reader: Reader) -> None:
    reader.follow(_page("nni.md"))
    curve = reader.lab.trials("curve")
    assert {trial["state"] for trial in curve} == {"succeeded"}
    assert all(0 < trial["value"] < 1 for trial in curve)
    assert len(reader.lab.trials("curve2")) == 4


TESTED = {
    "README.md",
    "experiment-file.md",
    "nni.md",
    "promises.md",
    "testing.md",
    "trial-api.md",
    "tuner-api.md",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_on_a_page_escapes(page: Path) -> None:
    """Every block is a console, the file that it names, or data."""
    for block in blocks(page):
        if block.language not in DATA:
            assert page.name in TESTED
            assert block.language == "console" or _is_file(block), block.text


def _is_file(block: Block) -> bool:
    return block.path is not None and block.path.endswith((".py", ".sh", ".yml"))


def test_make_knows_what_the_pages_make() -> None:
    said = "\n".join(page.read_text() for page in PAGES)
    made = set(re.findall(r"\bmake ([a-z]+)[`\n]", said))
    assert {"run", "test", "bench"} <= made
    for target in made:
        subprocess.run(["make", "-n", target], cwd=REPOSITORY, check=True, capture_output=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https:)([^)#]+)", prose(page)):
        assert (page.parent / target).exists(), target
    for anchor in re.findall(r"\]\(#([^)]+)\)", prose(page)):
        headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
        slugs = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
        assert anchor in slugs


def test_what_a_cluster_is_told_is_tried_on_one() -> None:
    tried = "".join(path.read_text() for path in REPOSITORY.glob("tests/cluster/*.py"))
    told = {
        command
        for page in PAGES
        for block in blocks(page)
        for command, _ in block.commands
        if f"-i {ON_A_CLUSTER}" in command
    }
    assert told
    for command in told:
        words = [word for word in command.split() if word.endswith(".yml") or word == "nodes"]
        assert words, command
        assert all(f'"{word}"' in tried for word in words), command
