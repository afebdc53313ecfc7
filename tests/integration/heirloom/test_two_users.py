"""Two users on one machine: each is told of the other, or both share the slots."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from heirloom.node import attempts, launch
from heirloom.node.inspect.machine import describe
from tests.integration.heirloom.lab import Lab

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")

OTHER = "nobody"


class OtherLab(Lab):
    """An experiment of the user `nobody`, in a directory that this user may enter."""

    def start_as_other(self, *specs: dict[str, object]) -> list[str]:
        """The state that was found for each."""
        answers = launch.run_as_user(
            OTHER,
            # The interpreter of the tests may be in a directory that nobody may enter.
            lambda: attempts.start(str(self.run_dir), self.slots, list(specs), "/usr/bin/env"),
        )
        self._started += [str(spec["attempt"]) for spec in specs]
        return [answer["found"] for answer in answers]


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that both users may enter."""
    path = Path(tempfile.mkdtemp(prefix="heirloom-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def other(place: Path) -> Iterator[OtherLab]:
    (place / "other").mkdir()
    lab = OtherLab(place / "other")
    account = pwd.getpwnam(OTHER)
    for path in (lab.base, *lab.base.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
    yield lab
    lab.sweep()


@pytest.fixture
def mine(place: Path) -> Iterator[Lab]:
    (place / "mine").mkdir()
    lab = Lab(place / "mine")
    yield lab
    lab.sweep()


def test_another_user_with_separate_slots_is_named(mine: Lab, other: OtherLab) -> None:
    started = other.fifo("started")
    started.path.chmod(0o666)
    command = f"echo > {started.path}; sleep 600"
    assert other.start_as_other(other.spec("0.1", command)) == ["started"]
    started.receive()
    assert describe(str(mine.run_dir))["others"].get(OTHER, 0) >= 1
    own = launch.run_as_user(OTHER, lambda: describe(str(other.run_dir))["others"])
    assert OTHER not in own


def test_two_users_share_the_slots_of_a_directory_for_all(
    place: Path, mine: Lab, other: OtherLab
) -> None:
    """As `nodes` advises: a run directory and slots with the mode 1777."""
    run_dir = place / "run"
    for path in (run_dir, run_dir / "slots"):
        path.mkdir()
        path.chmod(0o1777)
    mine.run_dir = other.run_dir = run_dir
    mine.slots = other.slots = [{"name": "0", "gpus": []}]
    assert describe(str(run_dir))["others"] == {}
    busy = place / "busy"
    busy.mkdir(mode=0o777)
    busy.chmod(0o777)
    # It fails if the directory exists, so that two at a time would fail.
    command = f"mkdir {busy}/one && sleep 0.05 && rmdir {busy}/one"
    numbers = range(4)
    theirs = [other.spec(f"{number}.1", command, value="optional") for number in numbers]
    ours = [mine.spec(f"{number}.1", command, value="optional") for number in numbers]
    assert other.start_as_other(*theirs[:2]) == ["started"] * 2
    assert mine.start(*ours) == ["started"] * 4
    assert other.start_as_other(*theirs[2:]) == ["started"] * 2
    for number in numbers:
        assert mine.ended(f"{number}.1")["outcome"] == "committed"
        assert other.ended(f"{number}.1")["outcome"] == "committed"
