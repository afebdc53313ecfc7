"""Sizes and damage of bytes that are stored once, from manifests."""

import pytest

from controller.core.events import VerdictSeen
from controller.core.model import Attempt, Outcome, State, Trial
from controller.recovery.salvage import Salvage
from controller.store import layout
from controller.store.dedup import Damage, damage, damage_words, sizes
from controller.store.gc import Removal, remove_weights
from heirloom.store.commits.commit import commit
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest

FILES = RealFiles()
FOUND = "expected 8 bytes with sha256:00, found 8 with sha256:11"


class Family:
    """Trials of the core, with manifests and files that were really committed."""

    def __init__(self, base):
        self.root = layout.create(base / "store", "ann", "exp", "1")
        self.trials = []

    def commit(self, parents=(), **contents):
        trial = len(self.trials)
        out = self.root.attempt(trial, 1) / "out"
        (out / "weights").mkdir(parents=True)
        for name, data in contents.items():
            (out / "weights" / name).write_text(data)
        verdict = Manifest(
            self.root.experiment, trial, "succeeded", attempt=f"{trial}.1", parents=parents
        )
        found = commit(FILES, str(self.root.path), str(out), verdict, lambda: None)
        self.trials.append(
            Trial(
                trial,
                {},
                parents,
                parents,
                State.SUCCEEDED,
                0.0,
                weights=True,
                size=found.size,
                shared=found.shared,
            )
        )

    def remove(self, trial):
        sum(remove_weights(FILES, str(self.root.trial(trial))))
        self.trials[trial].removed = True

    def on_disk(self):
        files = [path.stat() for path in self.root.trials.glob("*/weights/*")]
        return sum(f.st_size for f in files), sum({f.st_ino: f.st_size for f in files}.values())

    def find_damage(self, trial, path):
        reason = (
            f"/there/trials/{trial}/weights/{path}, committed by attempt {trial}.1 on a: {FOUND}"
        )
        child = Trial(len(self.trials), {}, (trial,), (trial,), State.SKIPPED, 0.0)
        child.attempts.append(Attempt(1, "a", (trial,), outcome=Outcome.CORRUPT, reason=reason))
        self.trials.append(child)
        self.trials[trial].damaged = True
        self.trials[trial].corrupt_on = ("a", "b")


@pytest.fixture
def family(tmp_path):
    family = Family(tmp_path)
    family.commit(body="12345678", head="a")
    family.commit((0,), body="12345678", head="bb")
    family.commit((1,), body="12345678", head="bb")
    family.commit(body="12345678")
    return family


def test_stored_bytes_are_those_on_the_disk(family):
    assert sizes(FILES, family.root, family.trials) == family.on_disk()
    for trial in (0, 1, 3):
        family.remove(trial)
        assert sizes(FILES, family.root, family.trials) == family.on_disk()


def damages(family, trial):
    return damage(FILES, family.root, family.trials, family.trials[trial])


def test_every_trial_that_shares_a_damaged_file_is_named(family):
    family.find_damage(1, "body")
    found = f"committed by attempt 1.1 on a: {FOUND}"
    assert damages(family, 1) == [Damage("body", found, (0, 2))]
    family.remove(0)
    assert damages(family, 1) == [Damage("body", found, (2,))]
    text = damage_words(FILES, family.root, family.trials, family.trials[1])
    assert text == f"seen on a and b; body, {found}; stored once for it and 2"


def test_only_trials_with_the_same_bytes_are_named(family):
    family.find_damage(2, "head")
    assert [(each.path, each.sharers) for each in damages(family, 2)] == [("head", (1,))]


def test_a_manifest_with_paths_outside_the_weights_is_invalid(family):
    place = family.root.trial(1)
    written = (place / "manifest.json").read_text().replace('"body"', '"../../0/weights/body"')
    place.chmod(0o770)
    (place / "manifest.json").unlink()
    (place / "manifest.json").write_text(written)
    family.find_damage(1, "../../0/weights/body")
    assert damages(family, 1) == []
    [seen] = [event for event in Salvage(family.root).events() if is_verdict_of(event, 1)]
    assert (seen.state, seen.weights) == (State.FAILED, False)
    assert "invalid 'files'" in seen.reason
    assert to_the_end(Removal(family.root, FILES, [1], [])).trials == (1,)
    assert (family.root.weights(0) / "body").exists()


def is_verdict_of(event, trial):
    return isinstance(event, VerdictSeen) and event.trial == trial


def to_the_end(removal):
    while (done := removal.step(1.0)) is None:
        pass
    return done
