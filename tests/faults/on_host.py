"""Actions on a test host, as root. Standard library only; the answer is JSON."""

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

RUN = Path("/run/heirloom")
THREADS = Path("/proc/fs/nfsd/threads")
FIFREEZE, FITHAW = 0xC0045877, 0xC0045878  # linux/fs.h
PATIENCE = 45.0  # seconds to wait for a target; the server's grace period may have to pass
NOTHING = 3  # the exit code if there was no target


def wrong_files(store: str) -> dict[int, list[str]]:
    """Committed files whose bytes are not those of their manifests, by trial."""
    account = pwd.getpwnam("heirloom")  # the export squashes root
    os.initgroups(account.pw_name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    wrong = {}
    for path in _experiment(store).glob("trials/*/manifest.json"):
        manifest = json.loads(path.read_text())
        bad = []
        for entry in manifest["files"]:
            data = (path.parent / "weights" / entry["path"]).read_bytes()
            if f"sha256:{hashlib.sha256(data).hexdigest()}" != entry["digest"]:
                bad.append(entry["path"])
        if bad:
            wrong[manifest["trial"]] = bad
    return wrong


def tell(served: str) -> None:
    """For each input line, print the verdicts that are new or changed, and those that are gone."""
    known: dict[int, tuple[int, int]] = {}
    for _ in sys.stdin:
        new, there = {}, set()
        for directory in Path(served).glob("heirloom/faults-*/trials"):
            for verdict in directory.iterdir():
                path = verdict / "manifest.json"
                with contextlib.suppress(FileNotFoundError):
                    found = path.stat()
                    trial, version = int(verdict.name), (found.st_ino, found.st_mtime_ns)
                    if known.get(trial) != version:
                        new[trial] = path.read_text()
                        known[trial] = version
                    there.add(trial)
        gone = [trial for trial in known if trial not in there]
        for trial in gone:
            del known[trial]
        _say(json.dumps({"new": new, "gone": gone}))


def leftovers() -> list[str]:
    """Remaining processes and taken slots."""
    found = [f"supervisor {pid} lives" for pid in _supervisors()]
    found += [f"process {pid} of {attempt} lives" for pid, attempt in _trials()]
    found += [f"{path.name} is there" for path in Path("/sys/fs/cgroup").rglob("heirloom-*.scope")]
    return found + [f"slot {path.name} is taken" for path in RUN.glob("slots/*") if _locked(path)]


def running() -> list[str]:
    """Wait for attempts that run here, and return them."""
    _first(_trials)
    return sorted({attempt for _, attempt in _trials()})


def kill(what: str, delay: str) -> str:
    """Wait for a process, then `kill -9` it after a delay."""
    pid = _first(lambda: _found(what))
    time.sleep(float(delay))  # so that it is hit at any point of its work
    with contextlib.suppress(IndexError):
        pid = random.choice(_found(what))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return f"process {pid}"
    return _nothing("it had ended")


def restart_nfs(seconds: str) -> str:
    """Kill the NFS server's threads, and restart it after some seconds."""
    _write(THREADS, "0")
    time.sleep(float(seconds))
    _restart()
    return ""


def kill_nfs_in_commit(served: str, times: str) -> list[str]:
    """Kill the NFS server several times, each time between an attempt's manifest and its
    rename."""
    hit = []
    for _ in range(int(times)):
        attempt = _first(lambda: _committing(served))
        _write(THREADS, "0")
        hit.append(attempt.name)
        time.sleep(0.5)
        _restart()
    return hit


def lose_reply(served: str, *clients: str) -> str:
    """Restart the server after it did a client's (`node=address`) rename and before it answered.

    The file system is frozen while an attempt commits, and thawed for a moment at a time, until the
    rename is the next change. Then a route drops the answers to this client, and the rename is let
    through.
    """
    addresses = dict(client.split("=") for client in clients)
    above = os.open(served, os.O_RDONLY | os.O_DIRECTORY)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        attempt = _first(lambda: (path for path in _committing(served) if _node(path) in addresses))
        fcntl.ioctl(above, FIFREEZE, 0)
        try:
            waiting = _next_is_rename(above, attempt)
            if waiting:
                _route("add", addresses[_node(attempt)])
        finally:
            fcntl.ioctl(above, FITHAW, 0)
        if waiting:
            time.sleep(0.5)
            done = _has_verdict(attempt)
            _write(THREADS, "0")
            _route("del", addresses[_node(attempt)])
            _restart()
            if done:
                return str(attempt.name)
    return _nothing("no rename was met")


def _next_is_rename(frozen: int, attempt: Path) -> bool:
    """Let changes through one by one until the next one must be the attempt's rename."""
    for _ in range(12):
        time.sleep(0.15)  # until it has arrived and is blocked
        if not (attempt / "out").exists():
            return False
        if _is_sealed(attempt):
            return True
        fcntl.ioctl(frozen, FITHAW, 0)
        fcntl.ioctl(frozen, FIFREEZE, 0)
    return False


def _route(do: str, client: str) -> None:
    """Block or unblock the server's answers to a client."""
    subprocess.run(["ip", "route", do, "blackhole", client], check=True)


def fill(served: str, seconds: str) -> str:
    """Fill the disk as far as users can, then free it."""
    ballast = Path(served) / "ballast"
    room = os.statvfs(served)
    try:
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, room.f_bavail) * room.f_frsize)
        time.sleep(float(seconds))
    finally:
        ballast.unlink()
    return ""


def clock(seconds: str) -> str:
    """Set the clock."""
    time.clock_settime(time.CLOCK_REALTIME, time.time() + float(seconds))
    return ""


def _experiment(store: str) -> Path:
    [found] = Path(store).glob("heirloom/faults-*/")
    return found


def _first(find: Callable[[], Iterable[Any]]) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = list(find())
        if found:
            return random.choice(found)
        time.sleep(0.001)
    return _nothing("there was none")


def _nothing(why: str) -> Any:
    _say(why)
    raise SystemExit(NOTHING)


def _found(what: str) -> list[int]:
    if what == "supervisor":
        return _supervisors()
    if what == "trial":
        return [pid for pid, _ in _trials()]
    fits = _is_controller if what == "controller" else _is_wave
    return [pid for pid in _pids() if fits(_words(pid))]


def _is_controller(words: list[bytes]) -> bool:
    named = b"controller" in words and bool({b"run", b"resume"} & set(words))
    return named and words[0].rpartition(b"/")[2].startswith(b"python")


def _is_wave(words: list[bytes]) -> bool:
    return any(word.rpartition(b"/")[2] == b"ansible-playbook" for word in words[:2])


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _words(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def _trials() -> list[tuple[int, str]]:
    found = []
    for pid in _pids():
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                if line.startswith(b"HEIRLOOM_ATTEMPT="):
                    found.append((pid, line.partition(b"=")[2].decode()))
    return found


def _supervisors() -> list[int]:
    found = []
    for claim in RUN.glob("faults-*/*.claim"):
        with contextlib.suppress(OSError, ValueError):
            if _locked(claim):
                found.append(int(json.loads(claim.read_text())["pid"]))
    return found


def _locked(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _committing(served: str) -> Iterator[Path]:
    """Attempts that have a manifest and are not committed yet."""
    root = _experiment(served)
    ended = {path.name for path in (root / "trials").iterdir()}
    for path in (root / "attempts").iterdir():
        if path.name.partition(".")[0] not in ended and (path / "out/manifest.json").exists():
            yield path


def _is_sealed(attempt: Path) -> bool:
    """Whether only the rename is left to do."""
    with contextlib.suppress(OSError):
        return not (attempt / "out/weights").stat().st_mode & 0o222
    return False


def _node(attempt: Path) -> str:
    return str(json.loads((attempt / "spec.json").read_text())["node"])


def _has_verdict(attempt: Path) -> bool:
    return (attempt.parent.parent / "trials" / attempt.name.partition(".")[0]).exists()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _restart() -> None:
    subprocess.run(["systemctl", "restart", "nfs-server"], check=True)


if __name__ == "__main__":
    action: Any = {
        "wrong-files": wrong_files,
        "tell": tell,
        "leftovers": leftovers,
        "running": running,
        "kill": kill,
        "restart-nfs": restart_nfs,
        "kill-nfs-in-commit": kill_nfs_in_commit,
        "lose-reply": lose_reply,
        "fill": fill,
        "clock": clock,
    }[sys.argv[1]]
    answer = action(*sys.argv[2:])
    if sys.argv[1] != "tell":
        _say(json.dumps(answer))
