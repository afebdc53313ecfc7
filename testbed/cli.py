"""The command line: `python -m testbed`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Annotated

import typer

from controller.errors import HeirloomError
from testbed.archive import Archive
from testbed.cache import cache_root, locked
from testbed.cluster import DEFAULT_MEMORY, DEFAULT_NAME, DEFAULT_RELEASE, Cluster
from testbed.image import Image
from testbed.kernel import fetch_kernel
from testbed.machine import check_machine, install_programs
from testbed.wheels import fetch_wheels

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Real Debian hosts on this machine, as User-mode Linux processes, to try and test a "
    "cluster on. Needs root, on Debian.\n\nImages and downloads are kept under "
    "~/.cache/heirloom/testbed.",
)

Name = Annotated[str, typer.Option(help="Which cluster.", envvar="HEIRLOOM_TESTBED")]
Release = Annotated[str, typer.Option(help="The hosts' Debian release: trixie or bookworm.")]
HostName = Annotated[str, typer.Argument(help="The host, such as node1.", metavar="HOST")]


@app.command()
def up(
    release: Release = DEFAULT_RELEASE,
    hosts: Annotated[int, typer.Option(help="How many.", min=1)] = 3,
    memory: Annotated[int, typer.Option(help="MiB for each host.", min=256)] = DEFAULT_MEMORY,
    nice: Annotated[int, typer.Option(help="How much to yield to others.", min=0, max=19)] = 0,
    name: Name = DEFAULT_NAME,
) -> None:
    """Start the cluster and write its inventory. What is up already stays as it is.

    The first time builds the image of a host, which takes a minute or two.
    """
    if nice:
        os.nice(nice)
    began = time.monotonic()
    cluster = Cluster(name)
    cluster.up(release, hosts, memory)
    print(f"up in {time.monotonic() - began:.0f} s:")
    _show(cluster)
    print(f"now: ansible-playbook -i {os.path.relpath(cluster.inventory)} site.yml")


@app.command()
def down(name: Name = DEFAULT_NAME) -> None:
    """End the cluster and remove its disks, its network and its inventory."""
    print(f"cluster {name}: " + ("taken down" if Cluster(name).down() else "was not up"))


@app.command()
def status(name: Name = DEFAULT_NAME) -> None:
    """Show the cluster's hosts. The exit code is 1 if it is not up."""
    cluster = Cluster(name)
    if cluster.status() is None:
        print(f"the cluster {name} is not up")
        raise typer.Exit(1)
    _show(cluster)


@app.command(context_settings={"ignore_unknown_options": True})
def ssh(
    host: HostName,
    command: Annotated[list[str] | None, typer.Argument(help="What to run there.")] = None,
    name: Name = DEFAULT_NAME,
) -> None:
    """Log in on a host, or run a command there."""
    config = Cluster(name).host(host).ssh_config
    words = ["ssh", "-F", str(config), host, *(["--", *command] if command else [])]
    raise typer.Exit(subprocess.run(words, check=False).returncode)


@app.command()
def console(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Print what a host wrote on its console."""
    log = Cluster(name).host(host).console
    sys.stdout.write(log.read_text(errors="replace") if log.exists() else "")


@app.command()
def start(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Switch a host on, and wait until it answers SSH."""
    Cluster(name).start(host)


@app.command()
def stop(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Shut a host down."""
    Cluster(name).stop(host)


@app.command()
def reboot(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Restart a host, and wait until it answers SSH again."""
    Cluster(name).reboot(host)


@app.command("power-cut")
def power_cut(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Take a host's power away: what it had not written to its disk is lost."""
    Cluster(name).power_cut(host)


@app.command()
def cut(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Pull a host's network cable."""
    Cluster(name).cut(host)


@app.command()
def heal(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Plug a host's network cable in again."""
    Cluster(name).heal(host)


@app.command()
def build(release: Release = DEFAULT_RELEASE) -> None:
    """Fetch and build what `up` needs, and start nothing."""
    check_machine()
    install_programs()
    archive = Archive.of_machine()
    with locked(cache_root() / "build.lock"):
        print(Image(release, fetch_kernel(archive), archive).build())
        print(fetch_wheels(release))


def _show(cluster: Cluster) -> None:
    """A line for each host."""
    for host in cluster.hosts():
        power = "on" if cluster.is_running(host.name) else "off"
        cable = "" if host.network.is_connected(host.index) else ", its network is cut"
        print(f"  {host.name}  {host.address}  {power}{cable}")


def main() -> None:
    """Run the command line; what a user can mend is one line on standard error."""
    try:
        app(prog_name="python -m testbed")
    except HeirloomError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
