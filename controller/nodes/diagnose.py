"""Diagnose a node: what is wrong with it, and what to do."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from controller.dispatch.ansible.environment import DEFAULT_INVENTORY
from controller.dispatch.ansible.inventory import Node
from controller.formats import command, counted, duration
from controller.nodes.gpus import describe, pronoun
from controller.nodes.inspect import ClusterReport, NodeReport
from controller.nodes.machine import holders, shared
from controller.state.mounts import NETWORK

OLDEST = (3, 9)  # Python on which the package `heirloom` runs
_SKEW = 60.0  # seconds that a clock may be off before a word is facts of it


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. Trials can run in spite of a *note*."""

    kind: Literal["reach", "store", "node", "note"]
    text: str


def find_problems(
    report: NodeReport, cluster: ClusterReport, gpus: int | None = None
) -> list[Problem]:
    """All problems of a node. `gpus` is the number that each trial asks for, if that is known."""
    if report.facts is None:
        return [Problem("reach", _reach(report, cluster))]
    own = cluster.inventory == DEFAULT_INVENTORY
    store = _own_store(report) if own else _store(report, cluster)
    return [
        *([Problem("store", store)] if store else []),
        *(Problem("node", text) for text in _node(report.node, report.facts)),
        *(Problem("note", text) for text in _notes(report, report.facts)),
        *(Problem("note", text) for text in _unused_gpus(report, report.facts, cluster, gpus)),
    ]


def can_run(found: Sequence[Problem]) -> bool:
    """Whether trials can run on a node with these problems."""
    return all(trouble.kind == "note" for trouble in found)


def is_mounted(store: Mapping[str, Any]) -> bool:
    """Whether a store is a mount of its own, not a directory on the node's own disk."""
    mount = store["mount"] or {"point": "", "type": ""}
    return mount["point"] == store["path"] or mount["type"] in NETWORK


def _reach(report: NodeReport, cluster: ClusterReport) -> str:
    reason = re.sub(r"^.*?(over|via) ssh: ", "", report.reason).rstrip(".")
    if report.reach == "failed":
        text, advices = f"it gave no answer: {reason}", _FAILED
    else:
        text, advices = f"it cannot be reached: {reason}", _UNREACHED
    advice = next((f"; {advices[mark]}" for mark in advices if mark in reason), "")
    if cluster.inventory == DEFAULT_INVENTORY:
        ping = "ansible localhost -m ping"
    else:
        inventory, name = str(cluster.inventory), report.node.name
        ping = shlex.join(["ansible", "-i", inventory, name, "-m", "ping"])
    return f"{text}{advice}; test it with: {ping}"


_UNREACHED = {
    "HOST IDENTIFICATION HAS CHANGED": "its host key has changed: find out why before you "
    "remove the old key with ssh-keygen -R",
    "Host key verification failed": "its host key is not known here: log in to it by ssh once and "
    "compare the key",
    "Permission denied": "put your key there (ssh-copy-id), or set ansible_user to a user "
    "who may log in",
    "Could not resolve hostname": "set ansible_host in the inventory",
}
_FAILED = {"sudo": "the user who logs in must be able to become another user without a password"}


def _store(report: NodeReport, cluster: ClusterReport) -> str:
    """What is wrong with the store on the node."""
    facts = report.facts and report.facts["store"]
    if not facts:
        return ""
    path, state = facts["path"], facts["state"]
    remedy = f"mount it there (`{command('site', '-i', str(cluster.inventory))}` does)"
    match state:
        case "hung":
            return f"the store {path} does not answer there: check {_source(facts['mount'])}"
        case "absent":
            return f"the store is not mounted there, and there is no {path}: {remedy}"
        case "broken":
            return f"the store {path} cannot be used there: {facts['reason']}: {remedy} again"
        case "unwritable":
            why = f" ({facts['reason']})" if facts["reason"] else ""
            return (
                f"{_who(report.facts)} cannot write in the store {path} there{why}: the numbers of "
                "users and groups must agree on all machines, and the store be writable for the "
                "group; site.yml sees to both"
            )
        case "unseen" if is_mounted(facts):
            return (
                f"it has another store than this machine: {path} is {_source(facts['mount'])} "
                f"there, and {cluster.store} is {_source(cluster.mount)} here: mount the same one"
            )
        case "unseen":
            return f"the store is not mounted there, {path} is a directory of its own: {remedy}"
        case "there" if not report.node.is_local and not is_mounted(facts):
            return f"the store is not mounted there, {path} is a directory of its own: {remedy}"
        case "report" if not report.answer_seen:
            return (
                f"this machine does not see what it wrote in {path} ({_source(facts['mount'])}): "
                "mount the same store on both"
            )
    return ""


def _own_store(report: NodeReport) -> str:
    """What is wrong with the store of this machine, where there is no inventory."""
    store = report.facts and report.facts["store"]
    if not store:
        return ""
    path, mount = store["path"], _source(store["mount"])
    texts = {
        "hung": f"the store {path} does not answer: check {mount}",
        "absent": f"there is no store {path}: create the directory, or name another one",
        "broken": f"the store {path} cannot be used: {store['reason']}",
        "unwritable": f"{_who(report.facts)} cannot write in the store {path}: name another one",
    }
    if store["state"] in ("unseen", "report") and not report.answer_seen:
        return f"this machine does not see what it wrote in {path}: check {mount}"
    return texts.get(store["state"], "")


def _node(node: Node, facts: Mapping[str, Any]) -> Iterator[str]:
    """Everything else that keeps trials from running there."""
    slots, python, gpus = facts["slots"], facts["python"], facts["gpus"]
    if node.user not in (None, facts["user"]):
        yield (
            f"trials would run as {_who(facts)}, and heirloom_user is {node.user}: log in as "
            f"{node.user}, as root, or as a user who may become root"
        )
    if facts["run_dir"]:
        yield (
            f"its run directory cannot be used: {facts['run_dir']}: run site.yml, or name as "
            f"heirloom_run_dir a directory on its own disk that {_who(facts)} can write"
        )
    elif slots["there"] < slots["wanted"] and slots["reason"]:
        yield (
            f"{slots['wanted'] - slots['there']} of its {slots['wanted']} slots are missing and "
            f"cannot be made ({slots['reason']}): run site.yml"
        )
    if python["version"] is None:
        yield (
            f"{python['path']} is no Python for trials: {python['reason']}: install it, or name "
            "another one as heirloom_python"
        )
    elif tuple(map(int, python["version"].split(".")))[:2] < OLDEST:
        yield (
            f"{python['path']} is Python {python['version']}, and trials need "
            f"{'.'.join(map(str, OLDEST))} or newer: name another one as heirloom_python"
        )
    if gpus["missing"]:
        there = _listed([gpu["index"] for gpu in gpus["there"]]) or "none"
        yield (
            f"its slots name GPUs that it does not have: {_listed(gpus['missing'])} (nvidia-smi "
            f"lists {there}{_behind(gpus['reason'])}): correct heirloom_slots, or repair the driver"
        )


def _notes(report: NodeReport, facts: Mapping[str, Any]) -> Iterator[str]:
    """Problems that do not keep trials from running."""
    if facts["gpus"]["reason"] and not facts["gpus"]["missing"]:
        yield f"its GPUs are not known: {facts['gpus']['reason']}"
    held = holders(facts)
    if facts["unit"]:
        yield f"trials have no systemd unit of their own there ({facts['unit']}): {held}"
    elif held:
        yield f"the systemd of {facts['user']} does not control all resources there: {held}"
    yield from shared(facts)
    if facts["view"]:
        yield f"trials can write everywhere in the store there: {facts['view']}"
    if abs(report.clock_ahead) - report.clock_error > _SKEW:
        way = "ahead of" if report.clock_ahead > 0 else "behind"
        yield (
            f"its clock is about {duration(abs(report.clock_ahead))} {way} this machine's: let "
            "both use a time server"
        )


def _unused_gpus(
    report: NodeReport, facts: Mapping[str, Any], cluster: ClusterReport, gpus: int | None
) -> Iterator[str]:
    """GPUs that no trial gets."""
    there, unnamed = facts["gpus"]["there"], facts["gpus"]["unnamed"]
    if gpus == 0 and there and not report.node.is_local:  # a remark says it for this machine
        yield (
            f"it has {describe([gpu['name'] for gpu in there])}, and no trial will use "
            f"{pronoun(len(there))}, since trial.gpus is 0: write `gpus: 1` under `trial:` to give "
            "one to each trial"
        )
    elif unnamed and (report.node.own_slots or not report.node.is_local):
        yield (
            f"no slot names {counted(len(unnamed), 'GPU')} of its {len(there)} "
            f"({_listed(unnamed)}), so no trial uses them: add them to the heirloom_slots of "
            f"{report.node.name} in {cluster.inventory}, such as "
            f"heirloom_slots: [{{gpus: [{unnamed[0]}]}}]"
        )


def _listed(names: Sequence[str]) -> str:
    """The first eight names."""
    rest = len(names) - 8
    return ", ".join(names[:8]) + (f" and {rest} more" if rest > 0 else "")


def _who(facts: Mapping[str, Any] | None) -> str:
    return f"{facts['user']} ({facts['uid']}:{facts['gid']})" if facts else "it"


def _source(mount: Mapping[str, str] | None) -> str:
    return f"{mount['source']} ({mount['type']})" if mount else "an unknown mount"


def _behind(text: str) -> str:
    return f"; {text}" if text else ""
