"""ENAS: one set of weights for all candidates, as a chain of generations, and an LSTM's policy."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Optional

from ....objective import Objective
from ....space import parse
from ....space.decisions import CHARACTERS, Decisions, unsupported
from ...generators import generator_state, load_generator
from ...interface import Proposal, Result, SearchFinished, Tuner
from ...policy.require import require_numpy
from ...process.plain_json import PARAMS_LIMIT
from ..chain import Failures, fault_of, lost_parents
from . import EVALUATE, FINAL, TRAIN, rewards
from .generations import Generation, Generations
from .workers import Workers

_PARAMS = PARAMS_LIMIT - 200  # bytes for samples beside the other params
UNITS = 64
BOUND = 1.5  # of the logits
DECAY = 0.99  # of the moving average of rewards
ENTROPY = 0.0001
SKIP_TARGET, SKIP_WEIGHT = 0.4, 0.8


@dataclass(frozen=True)
class _Evaluation:
    """A trial under way that finds the rewards of samples with a generation's weights."""

    generation: int
    samples: list[list[int]]


class Enas(Tuner):
    """Efficient neural architecture search: the shared weights and a policy learn in turn.

    A generation is a trial that starts from the generation before, and trains the shared weights on
    candidates that the policy drew. An evaluation is a trial that starts from a generation, and
    reports the reward of each of its samples; with them the policy makes one step. After `updates`
    steps the next generation begins. When the budget is used up, the best sample of the last
    evaluated generation is trained twice: from nothing as in the paper, and from the shared
    weights.

    The trial's parameters are `task`, `generation` and `samples`, texts that `Decisions.read` turns
    into params of the search space; for the task `final`, `params` instead.

    A reward that is no finite number counts as the worst of its evaluation. A generation whose
    weights cannot be read any more is left out, and the search goes on from the one before. Three
    generations or three evaluations in a row without success end the search.

    Pham, Guan, Zoph, Le, Dean: Efficient Neural Architecture Search via Parameter Sharing, ICML
    2018, https://arxiv.org/abs/1802.03268, with the settings of its code for the macro space. Each
    decision has a softmax of its own, where the paper's controller chooses among earlier layers by
    attention, and Adam's epsilon counts as in its own paper.

    Args:
        samples: rewards for one step of the policy. Default: 20.
        updates: steps of the policy for each generation. Default: 50.
        children: candidates on which a generation trains, a minibatch each in turn. Default: 100.
        learning_rate: of the policy's Adam. The paper's micro space has 0.0035. Default: 0.001.
        parallel: evaluations of one generation that may be under way at once. In contrast to the
            paper, more than 1 draws samples from a policy that lacks the steps of the others.
            Default: 1.
        overlap: whether a generation trains while the one before is evaluated, in contrast to the
            paper, on candidates of a policy that is one generation old. Default: false.
        workers: trials that train a generation side by side, each on candidates of its own. In
            contrast to the paper, more than 1 make several sets of weights, and whoever starts from
            the generation takes their mean. One that fails is left out. Default: 1.

    Raises ValueError if an argument is out of range or numpy is missing, SpaceError for a wrong
    search space.
    """

    lookahead = 0
    chain = True
    name: ClassVar[str] = "enas"

    def __init__(  # noqa: PLR0913 - the arguments of the experiment file, each by its name
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        samples: int = 20,
        updates: int = 50,
        children: int = 100,
        learning_rate: float = 0.001,
        parallel: int = 1,
        overlap: bool = False,
        workers: int = 1,
    ) -> None:
        require_numpy(self.name)
        counts = {"samples": samples, "updates": updates, "children": children}
        for name, count in {**counts, "parallel": parallel, "workers": workers}.items():
            if count < 1:
                raise ValueError(f"{name} must be at least 1, not {count}")
        if not learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, not {learning_rate}")
        from ...policy.adam import Adam
        from ...policy.average import MovingAverage
        from ...policy.gradient import Reinforce
        from ...policy.lstm import LstmPolicy
        from ...policy.skips import SkipPenalty

        self._samples, self._children = samples, children
        self._parallel, self._overlap = parallel, overlap
        self._objective = Objective(maximize=maximize)
        self._rng = random.Random(seed)  # noqa: S311 - a search must be repeatable
        self._decisions = Decisions(parse(space))
        most = _PARAMS // (len(self._decisions.names) + len('"", '))  # texts in a trial's params
        for name in ("samples", "children"):
            if counts[name] > most:
                raise ValueError(
                    f"{name} must be at most {most} for this search space, since params of a trial "
                    f"take at most {PARAMS_LIMIT} bytes, not {counts[name]}"
                )
        self._policy = policy = LstmPolicy(self._decisions, self._rng, UNITS, bound=BOUND)
        adam = Adam(policy.parameters, learning_rate, beta1=0.0, epsilon=1e-3)
        average = MovingAverage(DECAY, corrected=False)
        skips = SkipPenalty(self._decisions, SKIP_TARGET)
        self._rule = Reinforce(
            policy,
            adam,
            average,
            entropy=ENTROPY,
            penalty=(lambda each: skips.of(policy, each) * SKIP_WEIGHT) if skips.layers else None,
        )
        self._generations = Generations(updates)
        self._workers = Workers(workers)
        self._evaluations: dict[int, _Evaluation] = {}  # by trial
        self._failures = {TRAIN: Failures("generations"), EVALUATE: Failures("evaluations")}
        self._refusal: Optional[str] = None

    @classmethod
    def supports(cls, space: dict[str, Any]) -> Optional[str]:
        """A policy decides among options: a number is no choice."""
        parsed = parse(space)
        reason = unsupported(parsed, cls.name)
        if reason is not None:
            return reason
        decisions = Decisions(parsed)
        for name, size in zip(decisions.names, decisions.sizes):
            if size > len(CHARACTERS):
                return f"{name} has more than {len(CHARACTERS)} options"
        return None

    def propose(self, trial_id: int) -> Proposal | None:
        """An evaluation or the next generation; None while one of them has to end first."""
        if self._refusal is not None:
            raise SearchFinished(self._refusal)
        waiting = self._generations.waiting
        if waiting is not None and self._has_room(waiting):
            drawn = self._draw(self._samples)
            self._evaluations[trial_id] = _Evaluation(waiting.number, drawn)
            return self._proposal(EVALUATE, waiting.number, drawn, waiting.trials)
        if not self._workers.has_room or len(self._generations.unevaluated) > self._overlap:
            return None
        last, drawn = self._generations.last, self._draw(self._children)
        number = 0 if last is None else last.number + 1
        self._workers.begin(trial_id, number)
        return self._proposal(TRAIN, number, drawn, () if last is None else last.trials)

    def observe(self, result: Result) -> None:
        """Take a generation, or let the policy learn. A trial without its parent is not used."""
        evaluation = self._evaluations.pop(result.trial_id, None)
        fault = fault_of(result)
        if evaluation is not None:
            if lost_parents(result):
                self._lose(evaluation.generation)
            self._count(EVALUATE, result, fault or self._learn(result, evaluation))
        elif result.trial_id in self._workers:
            if lost_parents(result):
                self._lose(self._workers.number - 1)
            fault = fault or ("" if result.weights else "it left no weights")
            self._workers.end(result.trial_id, committed=not fault)
        if self._workers.has_ended:
            number, trials = self._workers.number, self._workers.take()
            if trials:
                self._generations.add(number, trials)
            self._count(TRAIN, result, "" if trials else fault)

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether the trial is part of a generation that trains, or that a trial may start from."""
        return self._workers.may_be_parent(trial_id) or self._generations.may_be_parent(trial_id)

    def conclude(self) -> Sequence[Proposal]:
        """The best network from nothing, and the same one from the shared weights."""
        last = self._generations.best
        if last is None or last.best is None:
            return ()
        chosen = self._decisions.params(last.best[1])
        params = {"task": FINAL, "generation": last.number, "params": chosen}
        return [Proposal(params), Proposal(params, last.trials)]

    def state(self) -> Any:
        """See Tuner."""
        return {
            "random": generator_state(self._rng),
            "rule": self._rule.state(),
            "generations": self._generations.state(),
            "workers": self._workers.state(),
            "evaluations": [
                [trial, each.generation, each.samples] for trial, each in self._evaluations.items()
            ],
            "failures": {task: each.count for task, each in self._failures.items()},
            "refusal": self._refusal,
        }

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        load_generator(self._rng, state["random"])
        self._rule.load_state(state["rule"])
        self._generations.load_state(state["generations"])
        self._workers.load_state(state["workers"])
        self._evaluations = {
            trial: _Evaluation(*written) for trial, *written in state["evaluations"]
        }
        for task, count in state["failures"].items():
            self._failures[task].count = count
        self._refusal = state["refusal"]

    def _has_room(self, generation: Generation) -> bool:
        left = self._generations.steps_left(generation)
        return len(self._evaluations) < min(self._parallel, left)

    def _draw(self, count: int) -> list[list[int]]:
        return [self._policy.draw(self._rng)[0] for _ in range(count)]

    def _proposal(
        self, task: str, generation: int, drawn: list[list[int]], parents: tuple[int, ...]
    ) -> Proposal:
        texts = [self._decisions.text(tokens) for tokens in drawn]
        params = {"task": task, "generation": generation, "samples": texts}
        return Proposal(params, parents, candidate=False)

    def _learn(self, result: Result, evaluation: _Evaluation) -> str:
        """Make a step of the policy. Return why it cannot be made; else an empty text."""
        from ...policy.sample import Sample

        found = rewards.read(result.result, len(evaluation.samples))
        if found is None:
            self._refusal = (
                f"trial {result.trial_id} reported no rewards: its result needs `rewards`, a list "
                f"of {len(evaluation.samples)} numbers, one for each of its samples"
            )
            return ""
        known = [
            (self._objective.score(reward), sample)
            for reward, sample in zip(found, evaluation.samples)
            if reward is not None
        ]
        if not known:
            return "none of its rewards is a finite number"
        worst = min(score for score, _ in known)
        scores = [worst if reward is None else self._objective.score(reward) for reward in found]
        drawn = [Sample(each, 0.0, score) for each, score in zip(evaluation.samples, scores)]
        self._rule.learn(drawn)
        self._generations.note(evaluation.generation, max(known))
        return ""

    def _lose(self, number: int) -> None:
        """Leave out a generation: a trial that was to start from it did not find its weights."""
        self._generations.lose(number)
        self._workers.close()
        self._evaluations = {
            trial: each for trial, each in self._evaluations.items() if each.generation != number
        }

    def _count(self, task: str, result: Result, fault: str) -> None:
        """Count a success, or a failure: too many in a row end the search."""
        if fault:
            self._refusal = self._failures[task].add(result, fault) or self._refusal
        else:
            self._failures[task].count = 0
