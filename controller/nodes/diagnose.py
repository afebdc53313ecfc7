"""What is wrong with a node, and what to do about it, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from controller.dispatch.ansible.inventory import Node
from controller.formats import duration
from controller.nodes.inspect import ClusterReport, NodeReport
from controller.state.mounts import NETWORK

OLDEST = (3, 9)  # Python that the package `heirloom` runs on
_SKEW = 60.0  # seconds that a clock may be off before a word is said of it


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. A *note* keeps no trial from running."""

    kind: Literal["reach", "store", "node", "note"]
    text: str


def troubles(seen: NodeReport, sight: ClusterReport) -> list[Trouble]:
    """Everything that is wrong with a node."""
    if seen.said is None:
        return [Trouble("reach", _reach(seen, sight))]
    store = _store(seen, sight)
    return [
        *([Trouble("store", store)] if store else []),
        *(Trouble("node", text) for text in _node(seen.node, seen.said)),
        *(Trouble("note", text) for text in _notes(seen, seen.said)),
    ]


def could_run(found: Sequence[Trouble]) -> bool:
    """Whether trials could run on a node of which this was found."""
    return all(trouble.kind == "note" for trouble in found)


def is_mounted(store: Mapping[str, Any]) -> bool:
    """Whether a store is a mount of its own, not a directory on the node's own disk."""
    mount = store["mount"] or {"point": "", "type": ""}
    return mount["point"] == store["path"] or mount["type"] in NETWORK


def _reach(seen: NodeReport, sight: ClusterReport) -> str:
    reason = re.sub(r"^.*?(over|via) ssh: ", "", seen.reason).rstrip(".")
    if seen.reach == "failed":
        text, advices = f"it gave no answer: {reason}", _FAILED
    else:
        text, advices = f"it cannot be reached: {reason}", _UNREACHED
    advice = next((f"; {advices[mark]}" for mark in advices if mark in reason), "")
    return (
        f"{text}{advice}; try it by itself: ansible -i {sight.inventory} {seen.node.name} -m ping"
    )


_UNREACHED = {
    "HOST IDENTIFICATION HAS CHANGED": "its host key is not the one that is known here: find out "
    "why before you take the old one out with ssh-keygen -R",
    "Host key verification failed": "its host key is not known here: log in to it by ssh once and "
    "compare the key",
    "Permission denied": "put your key there (ssh-copy-id), or name who may log in as ansible_user",
    "Could not resolve hostname": "say in the inventory where it is: ansible_host",
}
_FAILED = {"sudo": "who logs in must be able to become another user without a password"}


def _store(seen: NodeReport, sight: ClusterReport) -> str:
    """What is wrong with the store as the node has it."""
    said = seen.said and seen.said["store"]
    if not said:
        return ""
    path, state = said["path"], said["state"]
    mend = f"mount it there (ansible-playbook -i {sight.inventory} site.yml does)"
    match state:
        case "hung":
            return f"the store {path} does not answer there: look at {_source(said['mount'])}"
        case "absent":
            return f"the store is not mounted there, and there is no {path}: {mend}"
        case "broken":
            return f"the store {path} cannot be used there: {said['reason']}: {mend} again"
        case "unwritable":
            why = f" ({said['reason']})" if said["reason"] else ""
            return (
                f"{_who(seen.said)} cannot write in the store {path} there{why}: the numbers of "
                "users and groups must agree on all machines, and the store be writable for the "
                "group; site.yml sees to both"
            )
        case "unseen" if is_mounted(said):
            return (
                f"it has another store than this machine: {path} is {_source(said['mount'])} "
                f"there, and {sight.store} is {_source(sight.mount)} here: mount the same one"
            )
        case "unseen":
            return f"the store is not mounted there, {path} is a directory of its own: {mend}"
        case "there" if not seen.node.is_local and not is_mounted(said):
            return f"the store is not mounted there, {path} is a directory of its own: {mend}"
        case "seen" if not seen.is_ours:
            return (
                f"this machine does not see what it wrote in {path} ({_source(said['mount'])}): "
                "is one of the two a copy of the other? mount the same store on both"
            )
    return ""


def _node(node: Node, said: Mapping[str, Any]) -> Iterator[str]:
    """What else keeps trials from running there."""
    slots, python, gpus = said["slots"], said["python"], said["gpus"]
    if node.user not in (None, said["user"]):
        yield (
            f"trials would run as {_who(said)}, and heirloom_user is {node.user}: log in as "
            f"{node.user}, as root, or as somebody who may become root"
        )
    if said["run_dir"]:
        yield (
            f"its run directory is of no use: {said['run_dir']}: run site.yml, or name as "
            f"heirloom_run_dir a directory on its own disk that is {_who(said)}'s to write"
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
        there = ", ".join(gpu["index"] for gpu in gpus["there"]) or "none"
        yield (
            f"its slots name GPUs that it does not have: {', '.join(gpus['missing'])} (nvidia-smi "
            f"lists {there}{_behind(gpus['reason'])}): correct heirloom_slots, or mend the driver"
        )


def _notes(seen: NodeReport, said: Mapping[str, Any]) -> Iterator[str]:
    """What is worth a word, and keeps nobody from anything."""
    if said["gpus"]["reason"] and not said["gpus"]["missing"]:
        yield f"its GPUs are not known: {said['gpus']['reason']}"
    if said["unit"]:
        yield f"trials have no systemd unit of their own there, and no limits: {said['unit']}"
    if said["view"]:
        yield f"trials can write everywhere in the store there: {said['view']}"
    if abs(seen.ahead) - seen.give > _SKEW:
        way = "ahead of" if seen.ahead > 0 else "behind"
        yield (
            f"its clock is about {duration(abs(seen.ahead))} {way} this machine's: let both ask a "
            "time server"
        )


def _who(said: Mapping[str, Any] | None) -> str:
    return f"{said['user']} ({said['uid']}:{said['gid']})" if said else "it"


def _source(mount: Mapping[str, str] | None) -> str:
    return f"{mount['source']} ({mount['type']})" if mount else "an unknown mount"


def _behind(text: str) -> str:
    return f"; {text}" if text else ""
