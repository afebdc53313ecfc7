"""Audit a finished search: compare its journal, its store and its witness files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from heirloom.node.supervisor import STALE_AFTER
from tests.faults.environment import Environment
from tests.faults.search import NAME
from tests.faults.tally import Tally

_UNCHECKED = STALE_AFTER + 2.0  # seconds between the check of a parent and its child's read
_VERDICTS = ("succeeded", "failed", "stopped", "skipped", "cancelled")


def audit(environment: Environment, seen: Mapping[int, str], tally: Tally) -> None:
    """Add the results of a search to the tally. `seen`: the manifests that the observer saw."""
    code, output = environment.command("trials", NAME, "--json")
    if code:
        tally.other.append(f"the trials cannot be read: {output}")
        return
    trials: list[dict[str, Any]] = json.loads(output)
    found = environment.manifests()
    assert found is not None, "the store does not answer, and nothing is wrong with it"
    manifests = {trial: json.loads(text) for trial, text in found.items()}
    tally.searches += 1
    tally.trials += len(trials)
    for trial in trials:
        _verdict(trial, manifests.get(trial["id"]), tally)
    for number in seen.keys() - manifests.keys():
        tally.lost_results.append(f"the verdict of trial {number} went from the store")
    for number in manifests.keys() - {trial["id"] for trial in trials}:
        tally.lost_results.append(f"the journal does not know trial {number}")
    _reads(environment, manifests, tally)
    for number, names in environment.wrong_files().items():
        digests = {entry["path"]: entry["digest"] for entry in manifests[number]["files"]}
        for name in names:
            if digests[name] not in environment.flipped():
                tally.lost_results.append(f"{name} of trial {number} is not as committed")
    tally.leftovers += environment.leftovers()


def _verdict(trial: Mapping[str, Any], manifest: Mapping[str, Any] | None, tally: Tally) -> None:
    """Check that each trial ended once, with a reason, and that journal and store agree."""
    name = f"trial {trial['id']}"
    if trial["state"] not in _VERDICTS:
        tally.hangs.append(f"{name} never ended: it is {trial['state']}")
        return
    if manifest is None:
        tally.lost_results.append(f"{name} is {trial['state']}, and the store knows nothing of it")
        return
    for key in ("state", "value", "result"):
        if manifest[key] != trial[key]:
            tally.lost_results.append(
                f"{name}: {key} is {trial[key]} in the journal, and {manifest[key]} on the store"
            )
    if trial["state"] == "succeeded":
        tally.commits += 1
        tally.children += bool(manifest["parents"])
    else:
        tally.failed.append(f"{name} {trial['state']}: {trial['reason']}")
        if not trial["reason"]:
            tally.other.append(f"{name} is {trial['state']} without a reason")
    committed = [each for each in trial["attempts"] if each["outcome"] == "committed"]
    if len(committed) > 1:
        tally.committed_twice.append(f"{name}: {[each['attempt'] for each in committed]}")
    tally.flipped_met += sum(each["outcome"] == "corrupt" for each in trial["attempts"])


def _reads(
    environment: Environment, manifests: Mapping[int, Mapping[str, Any]], tally: Tally
) -> None:
    """Check that every process read the bytes that its parents committed."""
    digests = {
        f"{number}/{entry['path']}": entry["digest"].removeprefix("sha256:")
        for number, manifest in manifests.items()
        for entry in manifest["files"]
    }
    flipped = environment.flipped()
    witnessed = environment.witnessed()
    tally.processes += len(witnessed)
    for each in witnessed:
        for name, digest in each["read"].items():
            since = flipped.get(f"sha256:{digests.get(name)}")
            # A bit that flips after the check cannot be noticed.
            if digests.get(name) == digest or (since and each["at"] < since + _UNCHECKED):
                continue
            read = tally.torn_reads if name in each["torn"] else tally.wrong_reads
            read.append(f"{each['attempt']} read {name}, and found the digest {digest}")
    for attempt, count in Counter(each["attempt"] for each in witnessed).items():
        if count > 1:
            tally.other.append(f"the process of {attempt} was started {count} times")
