"""Machines of NNI configurations become inventories."""

from pathlib import Path
from typing import Any

import pytest

from controller.config.nni import machines
from tests.unit.config.nni_files import V1, V2, lay_out, loaded, mistakes

REMOTE = """\
machineList:
  - {ip: 10.0.0.1, username: ann, sshKeyPath: key, port: 2222, pythonPath: /opt/env/bin}
  - {ip: gpu2, username: bob}
"""
V1_REMOTE = V1.replace("trainingServicePlatform: local", "trainingServicePlatform: remote")


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    lay_out(tmp_path)
    (tmp_path / "key").touch()


def nodes(tmp_path: Path, text: str) -> tuple[dict[str, Any], list[str]]:
    experiment, notes = loaded(tmp_path, text)
    assert isinstance(experiment.inventory, dict)
    return experiment.inventory["trial_nodes"], notes


def test_local_slots_equal_the_trial_concurrency(tmp_path: Path) -> None:
    for text, slots in ((V1, 3), (V2, 2)):
        found, _ = nodes(tmp_path, text)
        assert found["hosts"]["localhost"]["heirloom_slots"] == slots
        assert found["hosts"]["localhost"]["ansible_connection"] == "local"


def test_remote_machines_share_the_trial_concurrency(tmp_path: Path) -> None:
    found, notes = nodes(tmp_path, V1_REMOTE + REMOTE)
    assert found == {
        "hosts": {
            "10.0.0.1": {
                "ansible_user": "ann",
                "ansible_port": 2222,
                "ansible_ssh_private_key_file": str(tmp_path / "key"),
                "heirloom_python": "/opt/env/bin/python",
                "heirloom_slots": 2,
            },
            "gpu2": {"ansible_user": "bob", "heirloom_slots": 2},
        },
        "vars": {"heirloom_store": "/mnt/heirloom"},
    }
    assert notes[0].startswith(
        "17: machineList: every machine, including this one, must have the store"
    )
    assert "heirloom site -i" in notes[0]


def test_trials_on_this_machine_get_the_variables_of_the_shell(tmp_path: Path) -> None:
    for text in (V1, V2):
        assert loaded(tmp_path, text)[0].trial.pass_environment == "all"
    remote = loaded(tmp_path, V1_REMOTE + REMOTE)[0]
    assert remote.trial.pass_environment == ()


def test_remote_machines_of_version_2(tmp_path: Path) -> None:
    service = """\
  platform: remote
  reuseMode: true
  machineList:
    - {host: gpu1, user: ann, port: 2201, sshKeyFile: key, gpuIndices: "0,1"}
    - {host: gpu1, user: ann, port: 2202, gpuIndices: [3], maxTrialNumberPerGpu: 2,
       useActiveGpu: true}
trialGpuNumber: 1
heirloom: {store: /srv/shared}
"""
    found, notes = nodes(tmp_path, V2.replace("  platform: local\n", service))
    first, second = found["hosts"]["gpu1-2201"], found["hosts"]["gpu1-2202"]
    assert first["ansible_host"] == second["ansible_host"] == "gpu1"
    assert first["ansible_ssh_private_key_file"] == str(tmp_path / "key")
    assert first["heirloom_slots"] == [{"gpus": ["0"]}, {"gpus": ["1"]}]
    assert second["heirloom_slots"] == [{"gpus": ["3"]}, {"gpus": ["3"]}]
    assert "vars" not in found
    assert any("trainingService.reuseMode: has no effect" in note for note in notes)
    assert any("the store /srv/shared" in note for note in notes)
    assert sum("whether another program uses a GPU is not checked" in note for note in notes) == 1


@pytest.mark.parametrize(
    ("each", "slots"),
    [(1, [["0", "1"], ["2", "3"]]), (2, [["0", "1"], ["0", "1"], ["2", "3"], ["2", "3"]])],
)
def test_slot_has_the_gpus_of_one_trial(tmp_path: Path, each: int, slots: Any) -> None:
    text = V1.replace("gpuNum: 0", "gpuNum: 2")
    text += f"localConfig: {{gpuIndices: '0,1,2,3,4', maxTrialNumPerGpu: {each}}}\n"
    experiment, _ = loaded(tmp_path, text)
    found, _ = nodes(tmp_path, text)
    assert found["hosts"]["localhost"]["heirloom_slots"] == [{"gpus": gpus} for gpus in slots]
    assert experiment.trial.gpus == 2
    assert experiment.trial.slots == 1


def test_local_gpus_are_detected_if_none_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = V1.replace("gpuNum: 0", "gpuNum: 1")
    there = [{"index": "0"}, {"index": "1"}]
    monkeypatch.setattr(machines, "gpus_here", lambda: {"there": there, "reason": ""})
    found, _ = nodes(tmp_path, text)
    assert found["hosts"]["localhost"]["heirloom_slots"] == [{"gpus": ["0"]}, {"gpus": ["1"]}]
    monkeypatch.setattr(machines, "gpus_here", lambda: {"there": [], "reason": ""})
    [mistake] = mistakes(tmp_path, text)
    assert "gpuIndices: 0,1" in mistake
    assert "nvidia-smi lists none on this machine" in mistake


def test_inventory_under_heirloom_replaces_the_machine_list(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").touch()
    experiment, notes = loaded(tmp_path, V1_REMOTE + "heirloom: {inventory: hosts.yml}\n")
    assert experiment.inventory == tmp_path / "hosts.yml"
    assert notes == []


@pytest.mark.parametrize("secret", ["passwd: secret1", "passwd: 12345", "passphrase: secret1"])
def test_secrets_are_not_read(tmp_path: Path, secret: str) -> None:
    text = V1_REMOTE + f"machineList:\n  - {{ip: a, username: b, {secret}}}\n"
    experiment, notes = loaded(tmp_path, text)
    [note] = [note for note in notes if "machineList.0." in note]
    name, _, value = secret.partition(": ")
    assert note.startswith(f"18: machineList.0.{name}: is not read from this file")
    assert value not in note + str(experiment.inventory)


@pytest.mark.parametrize(
    ("more", "line", "message"),
    [
        ("", 6, "machineList is missing: list the machines that run trials"),
        ("machineList: [{ip: a, username: b, sshKeyPath: none}]\n", 17, "does not exist"),
        ("machineList: [{ip: a, username: b, preCommand: x}]\n", 17, "the trial's command"),
        ("machineList: [{ip: a}]\n", 17, "machineList.0.username: missing. The user to log in as."),
        ("machineList: [{ip: a, user: b}]\n", 17, "unknown key user; did you mean username?"),
        ("machineList: [{ip: a, username: b}, {ip: a, username: c}]\n", 17, "listed twice"),
    ],
)
def test_mistakes_about_machines(tmp_path: Path, more: str, line: int, message: str) -> None:
    reported = mistakes(tmp_path, V1_REMOTE + more)
    assert any(one.startswith(f"{line}: ") and message in one for one in reported), reported


def test_fewer_gpus_than_a_trial_needs_are_a_mistake(tmp_path: Path) -> None:
    text = V1_REMOTE.replace("gpuNum: 0", "gpuNum: 2")
    text += "machineList:\n  - {ip: a, username: b, sshKeyPath: key, gpuIndices: 0}\n"
    [mistake] = mistakes(tmp_path, text)
    assert mistake.startswith("18: machineList.0.gpuIndices: a trial needs 2 GPUs, but only 1 are")


@pytest.mark.parametrize(("count", "words"), [(1, "use 0 (with NNI"), (2, "use 0, 1 (with NNI")])
def test_a_remote_machine_has_at_least_the_gpus_of_one_trial(
    tmp_path: Path, count: int, words: str
) -> None:
    text = V1_REMOTE.replace("gpuNum: 0", f"gpuNum: {count}")
    text += "machineList:\n  - {ip: a, username: b, sshKeyPath: key, maxTrialNumPerGpu: 2}\n"
    found, notes = nodes(tmp_path, text)
    slot = {"gpus": [str(index) for index in range(count)]}
    assert found["hosts"]["a"]["heirloom_slots"] == [slot, slot]
    assert any(words in note and note.startswith("18: machineList.0: not given") for note in notes)
