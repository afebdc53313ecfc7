from pathlib import Path
from typing import Any

import pytest

from controller.dispatch.ansible.environment import DEFAULT_INVENTORY
from controller.dispatch.ansible.inventory import Node, Slot
from controller.nodes.diagnose import can_run, find_problems
from controller.nodes.inspect import ClusterReport, NodeReport

NFS = {"point": "/mnt/heirloom", "type": "nfs4", "source": "files:/srv/heirloom"}
DISK = {"point": "/", "type": "ext4", "source": "/dev/vda"}
NODE = Node("gpu1", (Slot("0"),), Path("/run/heirloom"), user="heirloom")
FINE: dict[str, Any] = {
    "user": "heirloom",
    "uid": 27700,
    "gid": 27700,
    "run_dir": "",
    "slots": {"wanted": 2, "there": 2, "taken": 0, "reason": ""},
    "python": {"path": "/opt/python", "version": "3.9.2", "reason": ""},
    "gpus": {"there": [], "missing": [], "unnamed": [], "reason": ""},
    "store": {"path": "/mnt/heirloom", "state": "report", "reason": "", "free": 1, "mount": NFS},
    "unit": "",
    "view": "",
    "cores": 8,
    "memory": 16 << 30,
    "limits": {"memory": "systemd", "cpus": "systemd"},
    "others": {},
}
MEASURED = {"limits": {"memory": "supervisor", "cpus": "cores"}}


def found(report: NodeReport, gpus: int | None = None, inventory: Path = Path("/lab/hosts.yml")):
    cluster = ClusterReport(inventory, Path("/mnt/heirloom"), "", NFS, (report,))
    return find_problems(report, cluster, gpus)


def answered(answer_seen: bool = True, ahead: float = 0.0, node: Node = NODE, **facts: Any):
    return found(
        NodeReport(
            node,
            "answered",
            facts=FINE | facts,
            answer_seen=answer_seen,
            clock_ahead=ahead,
            clock_error=2.0,
        )
    )


def store(state: str, **more: Any) -> dict[str, Any]:
    return FINE["store"] | {"state": state} | more


def test_a_good_node_has_no_problems():
    assert answered() == []
    assert answered(ahead=61.0) == []  # within the error of the measurement


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (store("hung"), "does not answer there: check files:/srv/heirloom (nfs4)"),
        (store("absent", mount=DISK), "the store is not mounted there, and there is no /mnt/h"),
        (store("unseen", mount=DISK), "the store is not mounted there, /mnt/heirloom is a dir"),
        (store("there", mount=DISK), "the store is not mounted there, /mnt/heirloom is a dir"),
        (store("unseen"), "it has another store than this machine: /mnt/heirloom is files:/srv/"),
        (store("unwritable", reason="denied"), "heirloom (27700:27700) cannot write in the store"),
        (store("broken", reason="stale file handle"), "cannot be used there: stale file handle"),
    ],
)
def test_a_store_that_is_not_the_controllers(facts, message):
    [trouble] = answered(answer_seen=False, store=facts)
    assert trouble.kind == "store"
    assert message in trouble.text


def test_a_node_whose_answer_is_not_visible():
    [trouble] = answered(answer_seen=False)
    assert "this machine does not see what it wrote in /mnt/heirloom" in trouble.text


def test_a_store_that_was_not_compared():
    assert answered(answer_seen=False, store=store("there")) == []
    local = Node("here", (Slot("0"),), Path("/run"), connection="local")
    assert answered(answer_seen=False, store=store("there", mount=DISK), node=local) == []
    assert answered(answer_seen=False, store=None) == []


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"user": "ann"}, "trials would run as ann (27700:27700), and heirloom_user is heirloom"),
        ({"run_dir": "/run/heirloom is not there"}, "/run/heirloom is not there: run site.yml"),
        (
            {"slots": {"wanted": 4, "there": 1, "taken": 0, "reason": "no"}},
            "3 of its 4 slots are missing and cannot be made (no)",
        ),
        (
            {"python": {"path": "/p", "version": None, "reason": "not there"}},
            "/p is no Python for trials: not there",
        ),
        (
            {"python": {"path": "/p", "version": "3.8.10", "reason": ""}},
            "/p is Python 3.8.10, and trials need 3.9 or newer",
        ),
        (
            {
                "gpus": {
                    "there": [{"index": "0"}],
                    "missing": ["1", "2"],
                    "unnamed": [],
                    "reason": "",
                }
            },
            "GPUs that it does not have: 1, 2 (nvidia-smi lists 0)",
        ),
    ],
)
def test_problems_that_prevent_trials(facts, message):
    [trouble] = answered(**facts)
    assert trouble.kind == "node"
    assert message in trouble.text
    assert not can_run([trouble])


def test_slots_that_can_be_made_are_no_problem():
    assert answered(slots={"wanted": 4, "there": 0, "taken": 0, "reason": ""}) == []


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            {"unit": "no systemd runs here", "limits": {"memory": "cgroup", "cpus": "cgroup"}},
            "of their own there (no systemd runs here): limits of memory and processors are",
        ),
        (
            {"unit": "no systemd runs here"} | MEASURED,
            "(no systemd runs here): limits of memory are enforced by measuring about once a "
            "second, and limits of processors are enforced by binding trials to whole cores",
        ),
        (
            {"limits": {"memory": "systemd", "cpus": "cores"}},
            "the systemd of heirloom does not control all resources there: limits of processors",
        ),
        (
            {"others": {"ann": 3, "bob": 1}},
            "other users run trials on this machine too: ann (3 attempts), bob (1 attempt). Their",
        ),
        ({"view": "not permitted"}, "write everywhere in the store there: not permitted"),
        ({"ahead": 63.0}, "its clock is about 1m03s ahead of this machine's"),
        ({"ahead": -7200.0}, "its clock is about 2h00m behind this machine's"),
        (
            {
                "gpus": {
                    "there": [],
                    "missing": [],
                    "unnamed": [],
                    "reason": "nvidia-smi does not answer",
                }
            },
            "its GPUs are not known: nvidia-smi does not answer",
        ),
    ],
)
def test_notes_do_not_prevent_trials(facts, message):
    [trouble] = answered(**facts)
    assert message in trouble.text
    assert can_run([trouble])


def gpus(count: int, unnamed: list[str]) -> dict[str, Any]:
    there = [{"index": str(index), "name": "NVIDIA A30"} for index in range(count)]
    return FINE | {"gpus": FINE["gpus"] | {"there": there, "unnamed": unnamed}}


def test_gpus_that_no_slot_names_are_a_note():
    facts = gpus(3, ["1", "2"])
    [note] = found(NodeReport(NODE, "answered", facts=facts, answer_seen=True))
    assert "no slot names 2 GPUs of its 3 (1, 2)" in note.text
    assert "heirloom_slots of gpu1 in /lab/hosts.yml" in note.text
    assert can_run([note])
    [note] = found(NodeReport(NODE, "answered", facts=facts, answer_seen=True), gpus=1)
    assert "no slot names 2 GPUs" in note.text


@pytest.mark.parametrize("state", ["absent", "broken", "unwritable", "unseen", "report"])
def test_without_an_inventory_no_file_of_the_program_is_named(state):
    local = Node("localhost", (Slot("0"),), Path("/run"), connection="local", own_slots=False)
    facts = FINE | {"user": "ann", "store": store(state, mount=DISK)}
    texts = [
        p.text for p in found(NodeReport(local, "answered", facts=facts), None, DEFAULT_INVENTORY)
    ]
    texts += [p.text for p in found(NodeReport(local, "failed", "no"), None, DEFAULT_INVENTORY)]
    assert len(texts) == 2
    assert not any(str(DEFAULT_INVENTORY.parent) in text or "site" in text for text in texts)


def test_commands_that_are_advised_are_quoted():
    report = NodeReport(NODE, "failed", "no")
    [trouble] = found(report, inventory=Path("/my lab/hosts.yml"))
    assert trouble.text.endswith("test it with: ansible -i '/my lab/hosts.yml' gpu1 -m ping")
    facts = FINE | {"store": store("absent", mount=DISK)}
    [trouble] = found(
        NodeReport(NODE, "answered", facts=facts), inventory=Path("/my lab/hosts.yml")
    )
    assert "site -i '/my lab/hosts.yml'` does" in trouble.text


def test_hundreds_of_gpus_do_not_fill_the_terminal():
    unnamed = [str(index) for index in range(400)]
    [note] = found(NodeReport(NODE, "answered", facts=gpus(400, unnamed), answer_seen=True))
    assert "no slot names 400 GPUs of its 400 (0, 1, 2, 3, 4, 5, 6, 7 and 392 more)" in note.text


def test_gpus_that_trials_do_not_ask_for_are_a_note():
    report = NodeReport(NODE, "answered", facts=gpus(2, []), answer_seen=True)
    [note] = found(report, gpus=0)
    assert "it has 2 GPUs (NVIDIA A30), and no trial will use them" in note.text
    assert found(report, gpus=2) == []


def test_gpus_of_a_machine_without_an_inventory_need_no_slots():
    local = Node("here", (Slot("0"),), Path("/run"), connection="local", own_slots=False)
    report = NodeReport(local, "answered", facts=gpus(2, ["0", "1"]), answer_seen=True)
    assert found(report) == []


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("ssh: connect to host gpu1: No route to host", "No route to host; test it with: "),
        ("Host key verification failed.", "log in to it by ssh once and compare the key"),
        ("WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! Host key verification failed.", "find"),
        ("ann@gpu1: Permission denied (publickey).", "ssh-copy-id"),
    ],
)
def test_a_node_that_cannot_be_reached(reason, message):
    [trouble] = found(NodeReport(NODE, "unreachable", reason))
    assert trouble.kind == "reach"
    assert f"it cannot be reached: {reason.rstrip('.')}; " in trouble.text
    assert message in trouble.text
    assert trouble.text.endswith("ansible -i /lab/hosts.yml gpu1 -m ping")


def test_a_node_that_failed():
    [trouble] = found(
        NodeReport(NODE, "failed", "there is no user heirloom on this node: run site.yml")
    )
    assert trouble.text.startswith("it gave no answer: there is no user heirloom on this node")
    [trouble] = found(NodeReport(NODE, "failed", "Missing sudo password"))
    assert "must be able to become another user without a password" in trouble.text


def test_an_unknown_ssh_error_is_quoted():
    reason = 'Data could not be sent to "gpu1". Make sure it can be reached over ssh: ssh: no route'
    [trouble] = found(NodeReport(NODE, "unreachable", reason))
    assert trouble.text.startswith("it cannot be reached: ssh: no route; test it")
