"""Faults on test hosts: of a node, of the store's server, and of the controller's host."""

from __future__ import annotations

import contextlib
import json
import random
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from testbed.cache import REPOSITORY
from testbed.cluster import Cluster
from tests.cluster.bringup import install_controller, run_playbook
from tests.faults import search
from tests.faults.environment import Fault, MissedError
from tests.faults.terminal import Terminal

USER = "heirloom"
SERVER, SECOND, NODE = "node1", "node2", "node3"
STORE = "/mnt/heirloom"
_SERVED = "/srv/heirloom"
_HOME = "/home/heirloom"
_WITNESS = f"{_HOME}/witness"
_PAUSE = 0.4  # longest pause of a trial, in seconds
_SILENCE = 85.0  # seconds after which the trial of an unreachable attempt is retried elsewhere
_UNREACHED = 255  # ssh's exit code for an error of its own
_SECONDS = 180.0  # for a command, and for a host to answer
_ON_HOST = Path(__file__).with_name("on_host.py").read_text()
Inject = Callable[[random.Random], str]
_TUNER = """
from pathlib import Path

from heirloom.tuners.evolution import Evolution
from heirloom.tuners.interface import SearchFinished


class Until(Evolution):
    def propose(self, trial_id):
        if Path(__file__).with_name("enough").exists():
            raise SearchFinished("enough was broken")
        return super().propose(trial_id)
"""


class Hosts:
    """A cluster set up by `site.yml`. The controller runs on the host `controller`."""

    patience = 300.0
    doubted = 10.0  # the server shows a name before it is on its disk

    def __init__(self, cluster: Cluster, seed: int, controller: str) -> None:
        self.cluster = cluster
        self._controller = controller
        self._store = _Store(cluster)
        for host in cluster.hosts():
            host.ssh([f"rm -rf {_WITNESS} {_HOME}/faults"])
        inventory = cluster.inventory.relative_to(REPOSITORY)
        self._put("code/train.py", search.TRAIN)
        self._put("tuner/until.py", _TUNER)
        more = {
            "trial": search.trial(_WITNESS, _PAUSE),
            "tuner": {"class": "until.Until", "code_dir": "tuner"},
            "budget": {"trials": 100_000},
            "lookahead": 2,
        }
        self._put("experiment.yml", yaml.safe_dump(search.experiment(1, seed, more)))
        self.terminal = Terminal(self, f"{_HOME}/faults/experiment.yml", "-i", str(inventory))
        self.faults = {fault.kind: fault for fault in self._kinds()}

    def _kinds(self) -> Iterator[Fault]:
        whose = {NODE: "a node's", SERVER: "the server's"}
        if self._controller == SERVER:
            whose[SERVER] = "the server's and the controller's"
        else:
            whose[self._controller] = "the controller's"
        for host, of in whose.items():
            ends = host == self._controller
            yield Fault(f"{of} power cut", self._power(host), ends_controller=ends)
            yield Fault(f"{of} clock an hour off", self._clock(host))
            # The SSH connection to the controller survives half a minute.
            most = 20 if ends else 60
            yield Fault(f"{of} network cut", self._network(host, most))
        yield Fault("a node's network cut until its trials run elsewhere", self._zombie)
        yield Fault("NFS server killed and restarted", self._restart_nfs)
        yield Fault("NFS server killed in mid commit", self._kill_nfs_in_commit)
        yield Fault("NFS server restarted before it answered a rename", self._lose_reply)
        yield Fault("store full", self._fill_store)
        yield Fault("controller killed", self._kill_controller, ends_controller=True)
        yield Fault("ansible-playbook killed in a wave", self._kill("wave", self._controller))
        yield Fault("supervisor killed", self._kill("supervisor"))
        yield Fault("trial killed", self._kill("trial"))

    def close(self) -> None:
        """End what still runs, and remove its files."""
        self.terminal.kill()
        self._store.close()
        if self.terminal.state() not in ("", "finished"):
            self.command("stop", search.NAME)
        self.command("remove", search.NAME, "--yes")

    # The protocol Environment

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the controller in an SSH session of its own."""
        script = (
            f"cd /opt/heirloom && COLUMNS=200 exec ~/venv/bin/python -m controller {_joined(words)}"
        )
        return subprocess.Popen(
            self._ssh(self._controller, f"exec runuser -l {USER} -c {shlex.quote(script)}"),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def command(self, *words: str) -> tuple[int, str]:
        """Wait until the controller's host answers, and run a command to its end."""
        end = time.monotonic() + _SECONDS
        while True:
            with self.start(*words) as process:
                output, _ = process.communicate(timeout=_SECONDS)
            if process.returncode != _UNREACHED or time.monotonic() > end:
                return process.returncode, output
            time.sleep(1.0)

    def enough(self) -> None:
        """Let the search use up its budget."""
        self._put("tuner/enough", "")

    def manifests(self) -> dict[int, str] | None:
        """Every manifest on the server's own disk."""
        return self._store.manifests()

    def wrong_files(self) -> dict[int, list[str]]:
        """Committed files that differ from their manifests, as an NFS client reads them."""
        found: dict[str, list[str]] = self._on(NODE, "wrong-files", STORE)
        return {int(trial): names for trial, names in found.items()}

    def witnessed(self) -> list[dict[str, Any]]:
        """The witness lines of trial processes, except those that a power cut lost."""
        found: list[dict[str, Any]] = []
        for host in self.cluster.hosts():
            text = host.ssh([f"cat {_WITNESS} || true"]).stdout
            for line in text.splitlines():
                with contextlib.suppress(ValueError):
                    found.append(json.loads(line))
        return found

    def leftovers(self) -> list[str]:
        """Remaining processes, units and taken slots on all hosts."""
        return [
            f"{host.name}: {what}"
            for host in self.cluster.hosts()
            for what in self._on(host.name, "leftovers")
        ]

    def flipped(self) -> Mapping[str, float]:
        """Empty: no fault here changes committed files."""
        return {}

    def _ssh(self, host: str, script: str) -> list[str]:
        return ["ssh", "-F", str(self.cluster.host(host).ssh_config), host, "--", script]

    def _put(self, name: str, text: str) -> None:
        """Write a file of the search on the controller's host, durably."""
        path = shlex.quote(f"{_HOME}/faults/{name}")
        script = f"mkdir -p $(dirname {path}) && printf %s {shlex.quote(text)} > {path} && sync"
        self.cluster.host(self._controller).ssh([f"runuser -l {USER} -c {shlex.quote(script)}"])

    def _on(self, host: str, *words: str) -> Any:
        """Run `on_host.py` as root on a host, and return its answer. Raises MissedError."""
        script = f"python3 -c {shlex.quote(_ON_HOST)} {_joined(words)}"
        done = subprocess.run(
            self._ssh(host, script),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode == 3:
            raise MissedError(done.stdout.strip())
        if done.returncode:
            raise AssertionError(
                f"{host}: {_joined(words)} ended with {done.returncode}: {done.stderr}"
            )
        return json.loads(done.stdout)

    # The faults

    def _power(self, name: str) -> Inject:
        def cut(rng: random.Random) -> str:
            seconds = rng.uniform(1, 30)
            if name == self._controller:
                self._need_controller()
            self.cluster.power_cut(name)
            if name == self._controller:
                self.terminal.kill()  # its connection would notice late
            time.sleep(seconds)
            began = time.monotonic()
            self.cluster.start(name)
            return f"for {seconds:.0f} s, and {time.monotonic() - began:.0f} s to boot"

        return cut

    def _network(self, name: str, most: float) -> Inject:
        def cut(rng: random.Random) -> str:
            seconds = rng.uniform(5, most)
            self._cut_off(name, seconds)
            return f"for {seconds:.0f} s"

        return cut

    def _cut_off(self, name: str, seconds: float) -> None:
        self.cluster.cut(name)
        try:
            time.sleep(seconds)
        finally:
            self.cluster.heal(name)

    def _zombie(self, rng: random.Random) -> str:
        """Cut a node off while its trials run, until other nodes have ended some of them."""
        running = set(self._on(NODE, "running"))
        self._cut_off(NODE, _SILENCE + rng.uniform(0, 20))
        again = [each for each in self._tried_again() if each in running]
        return f"{len(running)} attempts there, {len(again)} of their trials tried elsewhere"

    def _tried_again(self) -> list[str]:
        """The attempts that are lost so far."""
        code, output = self.command("trials", search.NAME, "--json")
        if code:
            raise AssertionError(f"trials: exit {code}, {output}")
        return [
            each["attempt"]
            for trial in json.loads(output)
            for each in trial["attempts"]
            if each["outcome"] == "lost"
        ]

    def _restart_nfs(self, rng: random.Random) -> str:
        seconds = rng.uniform(0, 10)
        self._on(SERVER, "restart-nfs", str(seconds))
        return f"away for {seconds:.0f} s"

    def _kill_nfs_in_commit(self, rng: random.Random) -> str:
        attempts = self._on(SERVER, "kill-nfs-in-commit", _SERVED, str(rng.choice([1, 2, 3])))
        return f"in the commits of {', '.join(attempts)}"

    def _lose_reply(self, rng: random.Random) -> str:
        clients = [host for host in self.cluster.hosts() if host.name != SERVER]
        attempt = self._on(
            SERVER, "lose-reply", _SERVED, *(f"{c.name}={c.address}" for c in clients)
        )
        return f"that of {attempt} was done"

    def _fill_store(self, rng: random.Random) -> str:
        seconds = rng.uniform(5, 20)
        self._on(SERVER, "fill", _SERVED, str(seconds))
        return f"for {seconds:.0f} s"

    def _clock(self, name: str) -> Inject:
        def turn(rng: random.Random) -> str:
            hours, seconds = rng.choice([-1, 1]), rng.uniform(10, 30)
            self._on(name, "clock", str(3600 * hours))
            try:
                time.sleep(seconds)
            finally:
                self._on(name, "clock", str(-3600 * hours))
            return f"{'ahead' if hours > 0 else 'behind'} for {seconds:.0f} s"

        return turn

    def _kill(self, what: str, *names: str) -> Inject:
        def kill(rng: random.Random) -> str:
            name = rng.choice(names or (SERVER, SECOND, NODE))
            return f"{self._on(name, 'kill', what, str(rng.uniform(0, 0.5)))} on {name}"

        return kill

    def _kill_controller(self, rng: random.Random) -> str:
        self._need_controller()
        killed = self._on(self._controller, "kill", "controller", "0")
        self.terminal.join()
        time.sleep(rng.uniform(0, 10))
        return f"{killed}, started again after a while"

    def _need_controller(self) -> None:
        if not self.terminal.alive:
            raise MissedError("there was no controller")


class _Store:
    """Reads the verdicts on the server's disk through a process there, which is kept running."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._agent: subprocess.Popen[str] | None = None
        self._found: dict[int, str] = {}
        self._lock = threading.Lock()

    def manifests(self) -> dict[int, str] | None:
        """Every manifest, or None while the server does not answer."""
        with self._lock:
            try:
                return self._ask()
            except (OSError, ValueError, subprocess.TimeoutExpired):
                self._end()
                return None

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _ask(self) -> dict[int, str]:
        if self._agent is None:
            config = self._cluster.host(SERVER).ssh_config
            program = shlex.quote(_ON_HOST)
            script = f"exec python3 -c {program} tell {_SERVED}"
            self._found = {}
            self._agent = subprocess.Popen(
                ["ssh", "-F", config, SERVER, "--", script],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        assert self._agent.stdin is not None
        assert self._agent.stdout is not None
        watchdog = threading.Timer(8.0, self._agent.kill)
        watchdog.start()
        try:
            self._agent.stdin.write("\n")
            self._agent.stdin.flush()
            answer = json.loads(self._agent.stdout.readline())
        finally:
            watchdog.cancel()
        self._found.update((int(trial), text) for trial, text in answer["new"].items())
        for trial in answer["gone"]:
            del self._found[trial]
        return dict(self._found)

    def _end(self) -> None:
        if self._agent is not None:
            self._agent.kill()
            with contextlib.suppress(OSError):
                self._agent.communicate()
            self._agent = None


def _joined(words: Collection[str]) -> str:
    return " ".join(map(shlex.quote, words))


@contextlib.contextmanager
def hosts(cluster: Cluster, seed: int, controller: str = SECOND) -> Iterator[Hosts]:
    """An environment on a prepared cluster, without the files of earlier searches."""
    environment = Hosts(cluster, seed, controller)
    try:
        yield environment
    finally:
        environment.close()


@contextlib.contextmanager
def hosts_made_ready(name: str) -> Iterator[Cluster]:
    """Start a cluster, with the controller's environment on two of its hosts."""
    cluster = Cluster(name)
    try:
        cluster.up()
        second = {"controllers": {"hosts": {SECOND: None}}}
        (cluster.inventory / "controllers.yml").write_text(f"---\n{yaml.safe_dump(second)}")
        run_playbook(cluster, "site.yml")
        for host in (SERVER, SECOND):
            install_controller(cluster, host)
        yield cluster
    finally:
        cluster.down()
