"""The command line of `python -m testbed`."""

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
    help="Virtual Debian hosts on this machine, as User-mode Linux processes, to test a "
    "cluster. Needs root, on Debian.\n\nImages and downloads are kept under "
    "~/.cache/heirloom/testbed.",
)

Name = Annotated[str, typer.Option(help="Name of the cluster.", envvar="HEIRLOOM_TESTBED")]
Release = Annotated[str, typer.Option(help="Debian release of the hosts: trixie or bookworm.")]
HostName = Annotated[str, typer.Argument(help="Name of the host, such as node1.", metavar="HOST")]


@app.command()
def up(
    release: Release = DEFAULT_RELEASE,
    hosts: Annotated[int, typer.Option(help="Number of hosts.", min=1)] = 3,
    memory: Annotated[
        int, typer.Option(help="Memory of each host in MiB.", min=256)
    ] = DEFAULT_MEMORY,
    nice: Annotated[int, typer.Option(help="Niceness of the processes.", min=0, max=19)] = 0,
    name: Name = DEFAULT_NAME,
) -> None:
    """Start the cluster and write its inventory. Running hosts are not changed.

    The first start builds the image of the hosts, which takes one or two minutes.
    """
    if nice:
        os.nice(nice)
    began = time.monotonic()
    cluster = Cluster(name)
    cluster.up(release, hosts, memory)
    print(f"up in {time.monotonic() - began:.0f} s:")
    _show(cluster)
    print(f"next: ansible-playbook -i {os.path.relpath(cluster.inventory)} site.yml")


@app.command()
def down(name: Name = DEFAULT_NAME) -> None:
    """Stop the cluster and delete its disks, network and inventory."""
    print(f"cluster {name}: " + ("stopped" if Cluster(name).down() else "was not running"))


@app.command()
def status(name: Name = DEFAULT_NAME) -> None:
    """Show the hosts of the cluster. Exit with 1 if it is not running."""
    cluster = Cluster(name)
    if cluster.status() is None:
        print(f"the cluster {name} is not running")
        raise typer.Exit(1)
    _show(cluster)


@app.command(context_settings={"ignore_unknown_options": True})
def ssh(
    host: HostName,
    command: Annotated[list[str] | None, typer.Argument(help="Command to run on the host.")] = None,
    name: Name = DEFAULT_NAME,
) -> None:
    """Log in to a host, or run a command on it."""
    config = Cluster(name).host(host).ssh_config
    words = ["ssh", "-F", str(config), host, *(["--", *command] if command else [])]
    raise typer.Exit(subprocess.run(words, check=False).returncode)


@app.command()
def console(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Print the console output of a host."""
    log = Cluster(name).host(host).console
    sys.stdout.write(log.read_text(errors="replace") if log.exists() else "")


@app.command()
def start(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Start a host and wait until it answers SSH."""
    Cluster(name).start(host)


@app.command()
def stop(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Shut a host down."""
    Cluster(name).stop(host)


@app.command()
def reboot(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Reboot a host and wait until it answers SSH."""
    Cluster(name).reboot(host)


@app.command("power-cut")
def power_cut(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Kill a host. Data that it had not written to its disk is lost."""
    Cluster(name).power_cut(host)


@app.command()
def cut(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Disconnect the network of a host."""
    Cluster(name).cut(host)


@app.command()
def heal(host: HostName, name: Name = DEFAULT_NAME) -> None:
    """Connect the network of a host again."""
    Cluster(name).heal(host)


@app.command()
def build(release: Release = DEFAULT_RELEASE) -> None:
    """Download and build everything that `up` needs, and start nothing."""
    check_machine()
    install_programs()
    archive = Archive.of_machine()
    with locked(cache_root() / "build.lock"):
        print(Image(release, fetch_kernel(archive), archive).build())
        print(fetch_wheels(release))


def _show(cluster: Cluster) -> None:
    """Print a line for each host."""
    for host in cluster.hosts():
        power = "on" if cluster.is_running(host.name) else "off"
        network = "" if host.network.is_connected(host.index) else ", network disconnected"
        print(f"  {host.name}  {host.address}  {power}{network}")


def main() -> None:
    """Run the command line. Print errors that a user can fix to standard error."""
    try:
        app(prog_name="python -m testbed")
    except HeirloomError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
