"""A search in a shell with settings, variables and directories of a user's own."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.integration.dispatch.hostile import SETTINGS
from tests.integration.search.conftest import ASCII_LOCALE, PATIENCE, REPOSITORY, Lab

TRAIN = """
    import os, sys
    from heirloom import trial

    trial.finish(len(os.environ["TOKEN"]), gets=sorted(os.environ))
"""
SECRET = "s3cret {{ 7 * 7 }} $(id) ünï"  # what templates, shells or encodings would change
HERE = {
    "TOKEN": SECRET,
    "PYTHONWARNINGS": "error",
    "LC_ALL": ASCII_LOCALE["LC_ALL"],
    "TERM": "dumb",
    "COLUMNS": "20",
    "NO_COLOR": "1",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "TMPDIR": "/nonexistent",
    "HOME": "/proc",
}


def run(lab: Lab, *words: str, **more: str) -> str:
    """Run a command with all settings at once, and umask 077; its output."""
    done = subprocess.run(
        [sys.executable, "-m", "controller", *words],
        cwd=REPOSITORY,
        env=lab.environment | SETTINGS | HERE | more,
        umask=0o077,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def holders(top: Path, text: bytes) -> Iterator[Path]:
    for path in top.rglob("*"):
        if path.is_file() and text in path.read_bytes():
            yield path


def test_a_search_with_everything_at_once_leaves_no_value_on_disk(lab: Lab) -> None:
    lab.write("code/train.py", TRAIN)
    log = lab.path / "ansible.log"
    file = lab.experiment(
        "python train.py", trial={"pass_environment": ["TOKEN"]}, budget={"trials": 2}
    )
    output = run(lab, "run", str(file), ANSIBLE_LOG_PATH=str(log))
    output += run(lab, "trials", "search", "--json") + run(lab, "show", "search", "0")
    results = [trial["result"] for trial in lab.trials()]
    assert [result["value"] for result in results] == [len(SECRET)] * 2
    assert all("TOKEN" in result["gets"] for result in results)
    assert log.exists()
    assert "s3cret" not in output
    assert list(holders(lab.path, b"s3cret")) == []


def test_resume_reads_the_values_again_and_names_one_that_is_missing(lab: Lab) -> None:
    lab.write("code/train.py", TRAIN)
    file = lab.experiment(
        "python train.py", trial={"pass_environment": ["TOKEN"]}, budget={"trials": 1}
    )
    run(lab, "run", str(file))
    run(lab, "retry", "search", "0")
    assert "TOKEN, which is not set here" in lab("resume", "search", code=2)
    run(lab, "resume", "search", TOKEN="other")
    assert [trial["value"] for trial in lab.trials()] == [len(SECRET), len("other")]


def test_data_beside_the_code_is_found_by_a_link(lab: Lab) -> None:
    lab.write("data/acc.txt", "0.25")
    lab.write(
        "code/train.py",
        """
        import sys
        from heirloom import trial

        trial.finish(float(open(sys.argv[1]).read()))
        """,
    )
    more = {"trial": {"workdir": "copy"}, "budget": {"trials": 1}}
    file = lab.experiment("python train.py ../data/acc.txt", **more)
    words = "../data/acc.txt (in trial.command) lies outside of the code directory"
    assert words in lab("check", file, "--samples", "0")
    (lab.path / "code/sets").symlink_to("../data")
    output = lab("run", lab.experiment("python train.py sets/acc.txt", **more))
    assert f"sets -> {lab.path}/data: a link out of the code directory" in output
    assert [trial["value"] for trial in lab.trials()] == [0.25]


def command(
    lab: Lab, directory: Path, *words: str, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "controller", *words],
        cwd=directory,
        env=lab.environment | {"PYTHONPATH": str(REPOSITORY)} | more,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


def test_files_in_the_current_directory_hide_no_modules_from_the_controller(lab: Lab) -> None:
    for name in ("random.py", "json.py", "heirloom.py", "nni.py"):
        lab.write(name, "raise SystemExit(7)")
    done = command(lab, lab.path, "status")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_locale_without_utf8_changes_no_text(lab: Lab) -> None:
    lab.write("größer/train.py", "from heirloom import trial\ntrial.finish(1.0)\n")
    lab.experiment("python train.py", description="größer: λ", trial={"code_dir": "größer"})
    other = ASCII_LOCALE
    done = command(lab, lab.path, "check", "experiment.yml", "--samples", "0", **other)
    assert done.returncode == 0, done.stderr
    assert f"code        {lab.path}/größer (1 file" in done.stdout


def test_a_current_directory_that_was_removed_is_named(lab: Lab) -> None:
    python = shlex.quote(sys.executable)
    script = f"mkdir gone && cd gone && rmdir ../gone && {python} -m controller status"
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=lab.path,
        env=lab.environment | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert "the current directory cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
