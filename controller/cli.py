"""The command line: `heirloom`, and `python -m controller` in a clone."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.markup import escape

from controller import __version__
from controller.commands import shell
from controller.commands.cluster.nodes import nodes
from controller.commands.cluster.site import site
from controller.commands.results.compare import compare
from controller.commands.results.export import export
from controller.commands.results.rerun import rerun
from controller.commands.search.cancel import cancel
from controller.commands.search.check import check
from controller.commands.search.convert import convert
from controller.commands.search.init import init
from controller.commands.search.resume import resume
from controller.commands.search.retry import retry
from controller.commands.search.run import run
from controller.commands.search.stop import stop
from controller.commands.upkeep.gc import gc
from controller.commands.upkeep.recover import recover
from controller.commands.upkeep.remove import remove
from controller.commands.upkeep.verify import verify
from controller.commands.view.curves import curves
from controller.commands.view.diff import diff
from controller.commands.view.lineage import lineage
from controller.commands.view.logs import logs
from controller.commands.view.report import report
from controller.commands.view.serve import serve
from controller.commands.view.show import show
from controller.commands.view.status import status
from controller.commands.view.trials import trials
from controller.commands.view.watch import watch
from controller.errors import HeirloomError
from controller.formats import command
from controller.views import output

_PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    "Search": (init, check, run, resume, stop, cancel, retry, convert),
    "View": (status, watch, trials, curves, show, lineage, diff, logs, report, serve),
    "Results": (export, compare, rerun),
    "Upkeep": (verify, gc, recover, remove),
    "Machines": (nodes, site),
}
_SETTINGS: dict[Callable[..., None], dict[str, Any]] = {
    site: {"ignore_unknown_options": True},  # they are ansible-playbook's
}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=command() == "heirloom",  # shells complete no `python -m`
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Neural-architecture search on the machines that you have. Each trial trains one "
    "candidate network, and children start from their parents' weights.\n\n"
    "State is kept under HEIRLOOM_HOME (default ~/.local/state/heirloom).",
)
for panel, commands in _PANELS.items():
    for each in commands:
        app.command(rich_help_panel=panel, context_settings=_SETTINGS.get(each))(each)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"heirloom {__version__}")  # noqa: T201 - for programs
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Options of no command."""


def main() -> None:
    """Run the command line. A HeirloomError is printed without a traceback."""
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:  # inherited; no exit code is known then
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output.prepare()
    try:
        _main()
    finally:
        output.finish()


def _main() -> None:
    try:
        shell.prepare()
        app(prog_name=command())
    except HeirloomError as error:
        output.error_console().print(f"[red]error:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
