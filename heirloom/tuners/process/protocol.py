"""Messages between the controller and the tuner's process: one JSON object a line.

The controller sends requests. Each gets one answer, in order: `{"ok": VALUE}`, `{"finished": TEXT}`
where the tuner ends the search, or `{"error": TEXT}`. A tuner or an assessor with NNI's interface
also causes lines between the answers: `{"notice": NOTICE}`, and errors with a `traceback`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Optional, TypedDict, Union

# A tuner or an assessor, as the experiment file chooses it.
Choice = TypedDict(
    "Choice",
    {
        "name": Optional[str],
        "class": Optional[str],
        "code_dir": str,
        "args": dict[str, Any],
        "interface": Literal["heirloom", "nni"],
        "multi_thread": bool,
        "patience": Optional[float],  # seconds
        "include_intermediate_results": bool,
    },
    total=False,
)


class KnownResult(TypedDict):
    """A result from before a resume, in the form of NNI's `import_data`."""

    parameter: Any
    value: Any


class Resume(TypedDict):
    """What a tuner with NNI's interface gets when a search is resumed."""

    data: list[KnownResult]
    next: int  # the parameter_id of the next proposal


class _Setup(TypedDict):
    call: Literal["setup"]
    tuner: Choice
    space: dict[str, Any]
    seed: int
    maximize: bool


class Setup(_Setup, total=False):
    """Create the tuner and the assessor. The first request."""

    assessor: Optional[Choice]
    objectives: Union[str, dict[str, Any]]  # as the experiment file has them
    experiment: str  # unique name, needed for NNI's interface
    checkpoint: str  # directory for NNI's checkpoints
    resume: Optional[Resume]  # None in a new search
    resource: Optional[dict[str, Any]]  # the section of the experiment file, for the constructor


class Declared(TypedDict):
    """What a tuner declares about itself: the answer to `Setup`."""

    lookahead: Optional[int]
    ends_itself: bool
    concludes: bool  # whether `conclude` may return proposals
    chain: bool


class _Propose(TypedDict):
    call: Literal["propose"]
    trial: int


class Propose(_Propose, total=False):
    """Request a proposal. `room` is the number of proposals that the controller could take."""

    room: int


class _Observe(TypedDict):
    call: Literal["observe"]
    result: dict[str, Any]  # the fields of `Result`


class Observe(_Observe, total=False):
    """Report the end of a trial. `replay`: it is repeated from the journal after a resume."""

    replay: bool


class _Report(TypedDict):
    call: Literal["report"]
    trial: int
    number: int  # of the attempt
    reports: Sequence[tuple[int, Any]]  # step, value


class Report(_Report, total=False):
    """Pass reports of a trial to the assessor, one after the other.

    The answer is the step of the first after which the trial should stop, or None.
    """

    replay: bool


class Continued(TypedDict):
    """Tell the assessor that an attempt continues an earlier one, whose later reports are void."""

    call: Literal["continued"]
    trial: int
    number: int  # of the attempt
    source: int  # the number of the earlier one
    step: int  # after which it goes on


class MayBeParent(TypedDict):
    """Ask which trials later proposals may name as parents. The answer is a list of booleans."""

    call: Literal["may_be_parent"]
    trials: Sequence[int]


class Conclude(TypedDict):
    """Request the last trials of the search. The answer is a list of `ProposalAnswer`."""

    call: Literal["conclude"]


class SaveState(TypedDict):
    """Request what decides later proposals and assessments. The answer is a `SavedState`."""

    call: Literal["state"]


class SavedAssessor(TypedDict):
    """The state of an assessor."""

    state: Any  # in plain JSON
    reports: Any  # of the trials that have not ended


class SavedState(TypedDict):
    """The state of a tuner and of its assessor."""

    tuner: str  # what messages call the tuner
    state: Any  # of the tuner, in plain JSON; None: it cannot be saved
    assessor: Optional[SavedAssessor]  # None: there is none
    reason: str  # why the state cannot be saved; empty if it can
    code: str  # a digest of the user's files that both were made of


class LoadState(TypedDict):
    """Go on from a state, in place of the calls that led to it: the first request after `Setup`.

    The answer is the reason why that is not possible, or empty. A tuner that refused a state cannot
    be used any more.
    """

    call: Literal["load_state"]
    saved: SavedState


class UnderWay(TypedDict):
    """Tell a tuner with NNI's interface how many trials have no verdict."""

    call: Literal["under_way"]
    count: int


Request = Union[
    Setup,
    Propose,
    Observe,
    Report,
    Continued,
    MayBeParent,
    Conclude,
    SaveState,
    LoadState,
    UnderWay,
]


class _ProposalAnswer(TypedDict):
    params: dict[str, Any]
    parents: list[int]


class ProposalAnswer(_ProposalAnswer, total=False):
    """A proposal in plain JSON. Without `candidate` it is one."""

    candidate: bool


class NniProposalAnswer(ProposalAnswer):
    """A proposal of a tuner with NNI's interface."""

    parameter_id: int


class LongCall(TypedDict):
    """Calls of user code that take long, at one line of it."""

    what: str  # the method
    place: str  # FILE:LINE
    still: bool  # whether they are blocked there, rather than compute
    count: int
    parameter_id: int  # of the first
    seconds: float  # of the longest


Line = dict[str, Any]  # an answer or a notice
