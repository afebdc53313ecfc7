"""The command line: `python -m controller`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from controller.errors import HeirloomError
from controller.state.home import Home, is_locked
from controller.state.inbox import Inbox

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Searches neural networks on the machines that you have; children start from their "
    "parents' weights.\n\nState is kept under HEIRLOOM_HOME (default ~/.local/state/heirloom).",
)

File = Annotated[
    Path,
    typer.Argument(help="The experiment file, or an NNI configuration (YAML).", metavar="FILE"),
]
Name = Annotated[str, typer.Argument(help="The experiment's name.", metavar="NAME")]
Number = Annotated[int, typer.Argument(help="The trial's id.", metavar="TRIAL", min=0)]
InventoryFile = Annotated[
    Path | None,
    typer.Option(
        "-i",
        "--inventory",
        help="Ansible inventory whose group trial_nodes runs trials; by default the file's, "
        "else this machine.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def check(
    file: Annotated[
        Path | None,
        typer.Argument(help="The experiment file, or an NNI configuration (YAML).", metavar="FILE"),
    ] = None,
    inventory: InventoryFile = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the file's JSON schema, for editors.")
    ] = False,
    samples: Annotated[int, typer.Option(help="How many candidates to sample.", min=0)] = 3,
) -> None:
    """Validate an experiment file, show what would run and sample a few candidates.

    Nothing is started and nothing is written.
    """
    from controller.commands import check

    if schema:
        check.print_schema()
    elif file is None:
        raise HeirloomError("name the experiment file to check, or ask for --schema")
    else:
        check.check(file, Home.of_user(), inventory, samples)


@app.command()
def convert(
    file: Annotated[Path, typer.Argument(help="The NNI configuration (YAML).", metavar="FILE")],
) -> None:
    """Print an NNI configuration as an experiment file of Heirloom's own form.

    What has no counterpart is named in comments. Save it beside FILE: its paths are relative to it.
    """
    from controller.config.nni.convert import convert

    print(convert(file), end="")  # noqa: T201 - for a file


@app.command()
def run(
    file: File,
    inventory: InventoryFile = None,
    name: Annotated[
        str | None, typer.Option(help="A name for it, instead of the file's; must be free.")
    ] = None,
) -> None:
    """Run an experiment to its end.

    Takes the name in the file, or NAME-2, NAME-3, … where that is taken.

    Ctrl-C asks: leave the trials running (resume later), stop them, or go on.

    Exit code: 0 when a trial succeeded, 1 when none did or the tuner broke,
    2 when it could not be started, 130 when it was left or stopped.
    """
    from controller.commands import run

    raise typer.Exit(run.run(file, Home.of_user(), inventory=inventory, name=name))


@app.command()
def resume(name: Name, inventory: InventoryFile = None) -> None:
    """Take an experiment up again: running trials are adopted, and the search goes on."""
    from controller.commands import run

    raise typer.Exit(run.resume(name, Home.of_user(), inventory=inventory))


@app.command()
def recover(
    name: Annotated[
        str,
        typer.Argument(help="Its name, or its directory on the store.", metavar="NAME|PATH"),
    ],
) -> None:
    """Make a journal that is damaged, or gone, again from what stands on the store.

    The damaged journal is kept beside it. Then `resume` goes on.
    """
    from controller.recovery import recover

    found = recover.recover(name, Home.of_user())
    _say(f"recovered {found.trials} trials of {found.place.name}, {found.verdicts} of them ended")
    for lost in found.lost:
        _say(f"not to be known: {lost}")
    if found.kept is not None:
        _say(f"the damaged journal is kept as {found.kept}")
    _say(f"go on with: python -m controller resume {found.place.name}")


@app.command()
def nodes(
    inventory: InventoryFile = None,
    store: Annotated[
        Path | None,
        typer.Option(help="Where this machine sees the store; by default as the inventory says."),
    ] = None,
    json: Json = False,
) -> None:
    """Look at every node: what there is for trials, and what to do about what is wrong.

    Nothing is started there. All of them must see and answer a mark that is put on the store for
    a moment.

    Exit code: 0 when trials could run on every node, 1 otherwise.
    """
    from controller.commands import nodes

    could_run = nodes.show(Home.of_user(), inventory, store, json=json)
    raise typer.Exit(0 if could_run else 1)


@app.command()
def status(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One experiment.")] = None,
    json: Json = False,
) -> None:
    """Show every experiment, or one in more detail."""
    from controller.views import tables

    home = Home.of_user()
    tables.status([home.find(name)] if name else home.list(), detail=name is not None, json=json)


@app.command()
def trials(name: Name, json: Json = False) -> None:
    """List the trials.

    In JSON, times are seconds since the epoch, null where not reached.
    """
    from controller.views import tables

    tables.trials(Home.of_user().find(name), json=json)


@app.command()
def show(name: Name, trial: Number) -> None:
    """Show one trial: params, parents, attempts, and why it is where it is."""
    from controller.views import tables

    tables.show(Home.of_user().find(name), trial)


@app.command()
def logs(
    name: Name,
    trial: Number,
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Go on until the trial ends.")
    ] = False,
    attempt: Annotated[
        int | None, typer.Option(help="Which attempt; by default the newest.", min=1)
    ] = None,
) -> None:
    """Print what a trial wrote to its standard output and error."""
    from controller.commands import logs

    logs.show(Home.of_user().find(name), trial, attempt, follow=follow)


@app.command()
def stop(name: Name) -> None:
    """End an experiment: no further trials, and those on nodes are ended there."""
    place = Home.of_user().find(name)
    if is_locked(place):
        Inbox(place.inbox).send({"action": "stop"})
        _say(f"asked the controller of {name} to stop; watch it with `status {name}`")
        return
    from controller.commands import run

    raise typer.Exit(run.stop(name, Home.of_user()))


@app.command()
def cancel(name: Name, trial: Number) -> None:
    """Cancel one trial, on its node too if it is there."""
    _ask(name, trial, "cancel")


@app.command()
def retry(name: Name, trial: Number) -> None:
    """Run an ended trial again, as a new trial with the same params and parents."""
    _ask(name, trial, "retry")


@app.command()
def report(
    name: Name,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to write the page.")
    ] = None,
) -> None:
    """Write the experiment's report: one HTML page that needs no network."""
    from controller.views.report import build

    _say(f"report: {build.draw(Home.of_user().find(name), output)}")


@app.command()
def verify(name: Name) -> None:
    """Read all committed weights, and see whether they are as they were committed.

    A search may run meanwhile. Exit code: 0 when all is whole, 1 otherwise.
    """
    from controller.commands import verify
    from controller.formats import amount, counted

    found = verify.verify(Home.of_user().find(name))
    for trial, lines in found.damaged.items():
        for line in lines:
            _say(f"trial {trial}: {line}")
    read = f"{counted(found.trials, 'trial')} with {amount(found.size)} of weights"
    if found.damaged:
        _say(f"{read}: {len(found.damaged)} of them damaged")
        raise typer.Exit(1)
    _say(f"{read}: all as committed")


@app.command()
def gc(
    name: Name,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")
    ] = False,
) -> None:
    """Remove weights that nobody keeps (`keep:` in the file) and no trial can read any more.

    And what attempts left that did not commit, of trials that have ended. Manifests and logs stay.
    """
    from controller.engine import gc

    _say(gc.collect(name, Home.of_user(), dry_run=dry_run))


@app.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove an experiment for good: its journal, its report, and its weights on the store."""
    from controller.commands import remove

    place = Home.of_user().find(name)
    found = remove.look(place)
    _say(f"{name}: {found.trials} trials, {found.size / 1e6:.1f} MB in {found.root}")
    if not yes:
        typer.confirm("Remove all of it?", abort=True)
    remove.remove(place, found)
    _say(f"removed {name}")


def _ask(name: str, trial: int, action: str) -> None:
    from controller.engine import requests

    _say(requests.ask(Home.of_user().find(name), trial, action))


def _say(text: str) -> None:
    Console(highlight=False).print(escape(text), soft_wrap=True)


def main() -> None:
    """Run the command line; an error of the user's is told in words, with exit code 2."""
    try:
        app(prog_name="python -m controller")
    except HeirloomError as error:
        Console(stderr=True, highlight=False).print(
            f"[red]error:[/] {escape(str(error))}", soft_wrap=True
        )
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
