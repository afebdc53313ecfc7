"""The GPUs of a machine, found by programs that take the place of nvidia-smi."""

import os
from pathlib import Path

import pytest

from heirloom.node.inspect import gpus
from heirloom.node.inspect.gpus import find_gpus, visible

A, B = "GPU-aaaa1111-0", "GPU-bbbb2222-0"
PARTS = ["MIG-3c1a9a0f-1", "MIG-4d2b8b1e-2"]
LISTED = f"""GPU 0: NVIDIA A100-SXM4-40GB (UUID: {A})
  MIG 3g.20gb     Device  0: (UUID: {PARTS[0]})
  MIG 4g.20gb     Device  1: (UUID: {PARTS[1]})
GPU 1: NVIDIA A100-SXM4-40GB (UUID: {B})
"""


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(gpus, "_PROC", str(tmp_path / "proc"))
    program = tmp_path / "nvidia-smi"

    def write(text: str) -> None:
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)

    return write


def driver(tmp_path: Path, address: str, text: str) -> None:
    directory = tmp_path / "proc" / address
    directory.mkdir(parents=True)
    (directory / "information").write_text(text)


def gpu(index: str, uuid: str, *parts: str) -> dict[str, object]:
    return {"index": index, "uuid": uuid, "name": "X", "parts": list(parts)}


@pytest.mark.usefixtures("nvidia_smi")
def test_a_machine_without_gpus():
    assert find_gpus() == {"there": [], "reason": ""}


def test_gpus_in_the_order_of_nvidia_smi(nvidia_smi):
    nvidia_smi(f"echo '0, {A}, NVIDIA A30'; echo '1, {B}, Quadro, old'")
    found = find_gpus()
    assert [(g["index"], g["uuid"], g["name"]) for g in found["there"]] == [
        ("0", A, "NVIDIA A30"),
        ("1", B, "Quadro, old"),
    ]
    assert found["reason"] == ""


def test_parts_of_a_gpu(nvidia_smi, tmp_path):
    (tmp_path / "list").write_text(LISTED)
    nvidia_smi(
        f'if [ "$1" = -L ]; then cat {tmp_path}/list; else\n'
        f"echo '0, {A}, A100, Enabled'; echo '1, {B}, A100, Disabled'; fi"
    )
    first, second = find_gpus()["there"]
    assert (first["name"], first["parts"]) == ("A100", PARTS)
    assert second["parts"] == []


def test_a_driver_that_does_not_know_mig(nvidia_smi):
    nvidia_smi(
        'case "$*" in *mig*|-L) echo "not a valid field to query" >&2; exit 2;; esac\n'
        f"echo '0, {A}, Tesla K80'"
    )
    found = find_gpus()
    assert ([g["name"] for g in found["there"]], found["reason"]) == (["Tesla K80"], "")


def test_hundreds_of_gpus(nvidia_smi):
    nvidia_smi('i=0; while [ $i -lt 300 ]; do echo "$i, GPU-$i, X, Disabled"; i=$((i+1)); done')
    assert [g["index"] for g in find_gpus()["there"]] == [str(n) for n in range(300)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("echo 'cannot talk to the driver'; exit 9", "nvidia-smi: exit code 9: cannot talk"),
        ("kill -9 $$", "nvidia-smi: exit code -9: no output"),
        ("echo '<html>what?</html>'", "nvidia-smi says: <html>what?</html>"),
        ("yes | head -c 3000000", "nvidia-smi: it writes more than 1 MiB"),
        (r"printf '\377\376\n'", "nvidia-smi says: "),
        (r"printf '\033[2Jred\n'", "nvidia-smi says: ?[2Jred"),
        ("exec /nowhere/program", "nvidia-smi: exit code 127: "),
        ("echo 'No devices were found'; exit 6", ""),
        ("echo 'No devices were found'", ""),
        ("true", ""),
    ],
)
def test_a_broken_nvidia_smi_finds_none_and_says_why(nvidia_smi, text, reason):
    nvidia_smi(text)
    found = find_gpus()
    assert found["there"] == []
    assert found["reason"].startswith(reason)
    assert bool(found["reason"]) == bool(reason)


def test_a_file_that_is_no_program_is_a_broken_nvidia_smi(nvidia_smi, tmp_path):
    nvidia_smi("")
    (tmp_path / "nvidia-smi").write_bytes(b"\x7fELF nonsense")
    assert find_gpus()["reason"].startswith("nvidia-smi: ")


def test_a_gpu_that_fell_off_the_bus_is_named_and_the_others_are_found(nvidia_smi):
    nvidia_smi(f"echo '0, {A}, A30'; echo 'Unable to determine the device handle for GPU 1'")
    found = find_gpus()
    assert [g["index"] for g in found["there"]] == ["0"]
    assert found["reason"].startswith("nvidia-smi says: Unable to determine")


def test_an_nvidia_smi_that_hangs_is_killed_with_what_it_started(nvidia_smi, tmp_path):
    for name in ("never", "alive"):
        os.mkfifo(tmp_path / name)
    alive = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    nvidia_smi(f"exec 3> {tmp_path}/alive; cat {tmp_path}/never & wait")
    driver(tmp_path, "0000:01:00.0", f"Model: \t A30\nGPU UUID: \t {A}\n")
    found = find_gpus(timeout=0.5)
    assert found["reason"] == "nvidia-smi does not answer"
    assert [g["name"] for g in found["there"]] == ["A30"]  # as the driver lists it
    os.set_blocking(alive, True)
    assert os.read(alive, 1) == b""  # every writer has ended
    os.close(alive)


@pytest.mark.usefixtures("nvidia_smi")
def test_gpus_of_the_driver_are_numbered_by_their_addresses(tmp_path):
    driver(tmp_path, "0000:81:00.0", "Model: B\nGPU UUID: GPU-????????-????\n")
    driver(tmp_path, "0000:01:00.0", f"Model: \t A\nGPU UUID: \t {A}\n")
    driver(tmp_path, "0000:a1:00.0", "")
    assert [(g["index"], g["uuid"], g["name"]) for g in find_gpus()["there"]] == [
        ("0", A, "A"),
        ("1", "", "B"),
        ("2", "", "NVIDIA GPU"),
    ]


@pytest.mark.parametrize(
    ("setting", "left"),
    [
        (None, ["0", "1"]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("1", ["1"]),
        (" 1 , 0 ", ["1", "0"]),
        ("1,-1,0", ["1"]),  # CUDA ignores what follows an invalid name
        ("7", []),
        (B[:8], ["1"]),
        ("GPU-", []),  # more than one
        ("01", []),
    ],
)
def test_what_cuda_visible_devices_leaves(setting, left):
    there = [gpu("0", A), gpu("1", B)]
    assert [g["index"] for g in visible(there, setting)] == left


def test_what_cuda_visible_devices_leaves_of_parts():
    there = [gpu("0", A, *PARTS), gpu("1", B)]
    assert visible(there, PARTS[1]) == [gpu("0", A, PARTS[1])]
    assert visible(there, f"{PARTS[1]},{PARTS[0]},1")[0]["parts"] == PARTS[::-1]
    assert visible(there, "0") == there[:1]
    assert visible(there, None) == there
