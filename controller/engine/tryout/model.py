"""Makes the search space of `model`: in an experiment of one trial, which is removed at its end."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from controller import config as configs
from controller.config import model as answers
from controller.config import supernet
from controller.config.budget import BudgetSection
from controller.config.inheritance import InheritanceSection
from controller.config.model import AnswerError, ModelSpace
from controller.config.plugin import TunerChoice
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Outcome, State, Trial
from controller.engine.assembly import NoTuner, log_to
from controller.engine.messages import MessageQueue
from controller.engine.observer import Situation
from controller.engine.session import PreparedSession, create
from controller.engine.tryout import cleanup
from controller.engine.tryout.alone import Place, Progress, Say, on_one_node, run_loop, stem
from controller.engine.tryout.figures import end_of_log
from controller.errors import HeirloomError, LaunchError, reason
from controller.store.layout import Root
from heirloom.store.files import RealFiles

_LIMIT = 60.0  # seconds that the trial may take
_PATIENCE = 5.0  # seconds after which a wait for a slot is named
_FILE = "model.json"  # in the trial's save path (heirloom/nas/__main__.py)
_NO_TORCH = "No module named 'torch'"


class ModelError(HeirloomError):
    """The search space of a model cannot be made."""


class InterruptError(ModelError):
    """The user interrupted it."""

    exit_code = 130


def make(place: Place, say: Say, progress: Progress) -> ModelSpace | None:
    """Make the search space of the model of an experiment file; None if the file has no model.

    A trial makes it, on the first node that can run one. `say` prints a line; `progress` is that of
    `preflight.check`. Raises HeirloomError, also for bounds that no candidate meets, for a
    supernet that does not fit into memory, and for one of values.
    """
    config = configs.load(place.file)
    if config.model is None:
        return None
    cleanup.clean(place.home, say)
    try:
        made = _make(config.model, place, say, progress)
    finally:
        cleanup.remove_if_empty(place.home.of_tryouts().experiments)
    problems = list(made.out_of_reach(config.objectives))
    if problems and made.is_whole:
        raise ModelError("\n".join(f"{place.file}: objective.{each}" for each in problems))
    for each in problems:
        say(f"objective.{each}")
    _check_supernet(config, made, place, say)
    return made


def _check_supernet(config: configs.Experiment, made: ModelSpace, place: Place, say: Say) -> None:
    """Refuse a supernet that cannot be trained where the tuner needs one. Raises ModelError."""
    if config.tuner.known is None or not config.tuner.known.chain:
        return
    if made.values:
        raise ModelError(
            f"{place.file}: model: {', '.join(made.values)}: a supernet has one value for all of "
            f"its candidates, and tuner {config.tuner.name} chooses among layers alone: write one "
            "value into the model, or choose among layers by nas.choice"
        )
    found = supernet.memory_problem(made, config.trial)
    if found is not None and found.refused:
        raise ModelError(f"{place.file}: model: {found.text}")
    if found is not None:
        say(f"model: {found.text}")


def adapted(config: configs.Experiment) -> configs.Experiment:
    """The configuration of the throw-away experiment, whose one trial runs as those of a search."""
    assert config.model is not None
    changes: dict[str, Any] = {
        "model": None,
        "search_space": {"model": {"_type": "choice", "_value": [config.model]}},
        "tuner": TunerChoice(name="random"),
        "assessor": None,
        "objective": "maximize",
        "inheritance": InheritanceSection(),
        "resource": None,
        "budget": BudgetSection(trials=1, concurrency=1),
        "lookahead": 0,
        "keep": "all",
        "warm_start": None,
        "on_end": None,
        "trial": config.trial.model_copy(
            update={
                "command": ["python", "-m", "heirloom.nas", "--trial", config.model],
                "timeout": _LIMIT,
                "retries": 0,
                "retry": (),
                "weights": "optional",
                "value": "optional",
            }
        ),
    }
    return config.model_copy(update=changes)


def _make(model: str, place: Place, say: Say, progress: Progress) -> ModelSpace:
    name = f"{stem(place.file)}-model-{secrets.token_hex(3)}"
    home = place.home.of_tryouts()
    with create(place.file, home, place.inventory, name, place.slots, adapt=adapted) as whole:
        try:
            session, down, _ = on_one_node(whole, None, progress)
        except LaunchError as error:
            raise ModelError(
                f"the search space of {model} is made on a node, and none can do that: {error}"
            ) from None
        interrupted = _run(session, model, down, say)
        found: ModelSpace | ModelError
        try:
            found = _answer(session, model)
        except ModelError as error:
            found = error
        node = session.nodes[0]
        on_nodes = bool(session.experiment.on_nodes)
    if on_nodes:
        say(f"the trial may still run on {node.name}: `gc` removes what it leaves")
    else:
        try:
            cleanup.remove(session.directory, session.root, session.nodes)
        except HeirloomError as error:
            say(f"not removed: {error}")
    if interrupted:
        raise InterruptError(f"interrupted: the search space of {model} was not made")
    if isinstance(found, ModelError):
        raise found
    return found


def _run(session: PreparedSession, model: str, down: list[e.Event], say: Say) -> bool:
    """Run the loop until the trial has ended. Returns whether the user interrupted it."""
    log_to(session.directory.controller_log)
    post = MessageQueue()
    tuner = _OneProposal(post, {"model": model})
    return run_loop(session, down, post, tuner, _Progress(model, say), say)


def _answer(session: PreparedSession, model: str) -> ModelSpace:
    """What the trial found. Raises ModelError."""
    trial = session.experiment.trial(0)
    node = session.nodes[0]
    python = f"{node.python or 'python on its PATH'}, on {node.name}"
    what = f"the search space of {model} cannot be made (with {python})"
    if trial is None:
        raise ModelError(f"{what}: no trial ran")
    if trial.state is not State.SUCCEEDED:
        raise ModelError(f"{what}: {_why_it_failed(session.root, trial)}")
    try:
        data = RealFiles().read(str(session.root.weights(0) / _FILE), answers.SIZE_LIMIT)
        return answers.read(data, model)
    except OSError as error:
        raise ModelError(f"{what}: its answer cannot be read: {reason(error)}") from None
    except AnswerError as error:
        raise ModelError(f"{what}: {error}") from None


def _why_it_failed(root: Root, trial: Trial) -> str:
    if trial.attempts and trial.attempts[-1].outcome is Outcome.TIMEOUT:
        return f"it took longer than {_LIMIT:.0f} s"
    if any(_NO_TORCH in line for line in end_of_log(root, trial)):
        return "that Python has no PyTorch: install it there, or name another one in trial.python"
    return trial.reason


class _OneProposal(NoTuner):
    """A tuner that proposes the one trial."""

    def __init__(self, post: MessageQueue, params: Mapping[str, Any]) -> None:
        self._post = post
        self._params = dict(params)

    def propose(self, trial: int, room: int = 1) -> None:
        """Propose it."""
        self._post.events([e.Proposed(at=time.time(), trial=trial, params=self._params)])


class _Progress:
    """Prints what the trial waits for, and that it runs. It is an observer of the loop."""

    def __init__(self, model: str, say: Say) -> None:
        self._model, self._say = model, say
        self._placed_at: float | None = None

    def tell(self, experiment: Experiment, event: e.Event) -> None:
        """Take one event."""
        match event:
            case e.Placed():
                self._placed_at = time.monotonic()
            case e.Began(trial=trial, number=number):
                self._placed_at = None
                attempt = experiment.attempt(trial, number)
                where = f" on {attempt.node}" if attempt is not None else ""
                self._say(f"making the search space of {self._model}{where} …")

    def refresh(self, experiment: Experiment, situation: Situation) -> None:
        """Name a wait that is long."""
        if self._placed_at is not None and time.monotonic() - self._placed_at > _PATIENCE:
            self._placed_at = None
            self._say("waiting for a slot, or for the node to be prepared …")
