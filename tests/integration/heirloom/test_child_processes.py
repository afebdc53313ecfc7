"""Processes that a trial starts have their own signals: nothing of Heirloom's lives on in them."""

import pytest

HEAD = """
import multiprocessing, os, signal, subprocess, sys, time
from heirloom import trial

def wait(_=None):
    time.sleep(1000)

def report_and_wait(pipe):
    trial.report(0.5)
    pipe.send(1)
    wait()
"""
# Each ends a child by SIGTERM after the trial's first report, at once: a child that has only just
# been forked must not lose the signal.
ENDS = {
    "os.fork": """
    pid = os.fork()
    if not pid:
        wait()
    os.kill(pid, signal.SIGTERM)
    assert os.waitpid(pid, 0)[1] == signal.SIGTERM
""",
    "process": """
    process = multiprocessing.get_context(METHOD).Process(target=wait)
    process.start()
    process.terminate()
    process.join()
    assert process.exitcode == -signal.SIGTERM, process.exitcode
""",
    "reporting process": """
    context = multiprocessing.get_context(METHOD)
    ours, theirs = context.Pipe()
    process = context.Process(target=report_and_wait, args=(theirs,))
    process.start()
    ours.recv()
    process.terminate()
    process.join()
    assert process.exitcode == -signal.SIGTERM, process.exitcode
""",
    "busy pool": """
    with multiprocessing.get_context(METHOD).Pool(2) as pool:
        pool.map_async(wait, range(4))
""",
    "chained handler": """
    held = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *given, held=held: held(*given))
    pid = os.fork()
    if not pid:
        os.kill(os.getpid(), signal.SIGTERM)
        wait()
    assert os.waitpid(pid, 0)[1] == signal.SIGTERM
""",
    "thread": """
    import threading
    def fork():
        process = multiprocessing.get_context("fork").Process(target=wait)
        process.start()
        process.terminate()
        process.join()
    threads = [threading.Thread(target=fork) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
""",
    "subprocess": """
    for more in ({}, {"preexec_fn": lambda: None}, {"start_new_session": True}):
        process = subprocess.Popen(["sleep", "1000"], **more)
        process.terminate()
        assert process.wait() == -signal.SIGTERM
    pid = os.posix_spawnp("sleep", ["sleep", "1000"], os.environ)
    os.kill(pid, signal.SIGTERM)
    assert os.waitpid(pid, 0)[1] == signal.SIGTERM
""",
}
METHODS = ["fork", "forkserver", "spawn"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("name", "method"),
    [
        *((name, method) for name in ENDS if "METHOD" in ENDS[name] for method in METHODS),
        *((name, "") for name in ENDS if "METHOD" not in ENDS[name]),
    ],
)
def test_a_child_of_a_trial_that_has_reported_ends_by_sigterm(lab, name, method):
    program = lab.base / "train.py"
    body = ENDS[name].replace("METHOD", repr(method))
    program.write_text(
        f"{HEAD}\nif __name__ == '__main__':\n    trial.report(0.5)\n"
        f"    for _ in range(3):\n{_indented(body)}\n"
        "    trial.finish(1)\n"
    )
    ended = lab.run("0.1", ["python", str(program)], timeout=60.0)
    assert ended["outcome"] == "committed", ended["reason"]


def _indented(body):
    return "\n".join(f"    {line}" if line else "" for line in body.split("\n"))


STATE = """
import json, os, re, signal
from heirloom import trial

def state():
    lines = [line.split() for line in open("/proc/self/status")]
    return {line[0]: line[1] for line in lines if line[0] in ("SigBlk:", "SigIgn:", "SigCgt:")}

trial.report(0.5)
before = state()
pid = os.fork()
if not pid:
    inside = state()
    caught = int(before["SigCgt:"], 16) & ~int(inside["SigCgt:"], 16)
    assert caught == 1 << signal.SIGTERM - 1, (before, inside)
    assert inside["SigBlk:"] == before["SigBlk:"] == "0" * 16, (before, inside)
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
assert state() == before
import subprocess
text = subprocess.run(["cat", "/proc/self/status"], stdout=subprocess.PIPE, text=True).stdout
for name in ("SigBlk", "SigIgn", "SigCgt"):
    mask = int(re.search(name + ":\\s+([0-9a-f]+)", text)[1], 16)
    # glibc keeps 32 and 33 for itself: no program can set them, and make(1) leaves them ignored.
    assert not mask & ~(3 << 31), text
trial.finish(1)
"""


def test_a_program_that_a_trial_starts_finds_every_signal_at_its_default(lab):
    ended = lab.run("0.1", ["python", "-c", STATE])
    assert ended["outcome"] == "committed", (lab.attempt("0.1") / "output.log").read_text()
