"""Two attempts of one trial: the first commit counts, and the other attempt accepts it."""

from heirloom.store.commits.commit import pass_verdict
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest
from tests.integration.heirloom.lab import NOOP

COMMAND = f'echo "$HEIRLOOM_ATTEMPT" > "$HEIRLOOM_SAVE_PATH/w"; {NOOP}'


def test_exactly_one_of_two_attempts_commits(lab):
    trials = range(30)
    both = [(f"{trial}.1", f"{trial}.2") for trial in trials]
    lab.start(*(lab.spec(attempt, COMMAND) for pair in both for attempt in pair))
    for trial in trials:
        ended = {attempt: lab.ended(attempt)["outcome"] for attempt in both[trial]}
        assert sorted(ended.values()) == ["beaten", "committed"]
        [winner] = [attempt for attempt in ended if ended[attempt] == "committed"]
        assert lab.verdict(trial).attempt == winner
        assert (lab.root / f"trials/{trial}/weights/w").read_text() == f"{winner}\n"


def test_an_existing_verdict_prevents_the_start(lab):
    verdict = Manifest(experiment=lab.root.name, trial=0, state="cancelled", reason="enough")
    pass_verdict(RealFiles(), str(lab.root), verdict)
    assert lab.run("0.1", COMMAND)["outcome"] == "beaten"
    assert not (lab.root / "mail/new/0.1.began.json").exists()


def test_a_verdict_passed_while_it_ran_beats_a_late_commit(lab):
    began, go_on = lab.fifo("began"), lab.fifo("go-on")
    command = f'echo > "{began.path}"; read line < "{go_on.path}"; {COMMAND}'
    lab.start(lab.spec("0.1", command))
    began.receive()
    verdict = Manifest(experiment=lab.root.name, trial=0, state="cancelled", reason="enough")
    assert pass_verdict(RealFiles(), str(lab.root), verdict) == verdict
    go_on.send()
    ended = lab.ended("0.1")
    assert ended["outcome"] == "beaten"
    assert "cancelled" in ended["reason"]
    assert lab.verdict(0) == verdict


def test_a_late_verdict_finds_the_commit(lab):
    lab.run("0.1", COMMAND)
    verdict = Manifest(experiment=lab.root.name, trial=0, state="failed", reason="lost")
    assert pass_verdict(RealFiles(), str(lab.root), verdict) == lab.verdict(0)
    assert lab.verdict(0).state == "succeeded"
    assert {path.name for path in (lab.root / "attempts").iterdir()} == {"0.1"}
