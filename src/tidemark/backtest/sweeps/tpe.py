"""Trials where others did well: the tree-structured Parzen estimator of Optuna, asked and told in rounds.

J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl, Algorithms for Hyper-Parameter Optimization, NeurIPS (2011).
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from tidemark.backtest.sweeps.space import Axis, Values
from tidemark.errors import SettingsError


class Tpe:
    """See search.Search. Rounds are told in the order of their numbers: the same seed draws the same trials.

    Memory: what Optuna keeps of a trial, about 4 KiB.
    """

    def __init__(self, axes: Sequence[Axis], trials: int, seed: int, at_once: int) -> None:
        optuna = _optuna()
        self._study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=seed, constant_liar=True), direction="maximize"
        )
        self._failed = optuna.trial.TrialState.FAIL
        self._axes = axes
        self._space = {axis.name: _distribution(optuna, axis) for axis in axes}
        self._trials, self._at_once = trials, at_once
        self._asked = self._told = 0
        self._round: dict[int, Any] = {}  # bounded: at_once
        self._worth: dict[int, float | None] = {}  # bounded: at_once

    @property
    def is_over(self) -> bool:
        """See search.Search."""
        return self._told == self._trials

    def ask(self) -> tuple[int, Mapping[str, str]] | None:
        """See search.Search."""
        if len(self._round) == self._at_once or self._asked == self._trials:
            return None
        self._asked += 1
        drawn = self._study.ask(self._space)
        self._round[self._asked] = drawn
        values = drawn.params
        return self._asked, {
            axis.name: values[axis.name] if isinstance(axis, Values) else axis.words(values[axis.name])
            for axis in self._axes
        }

    def tell(self, number: int, value: float | None) -> None:
        """See search.Search."""
        self._worth[number] = value
        if len(self._worth) < min(self._at_once, self._trials - self._told):
            return
        for one, drawn in self._round.items():
            worth = self._worth[one]
            if worth is None:
                self._study.tell(drawn, state=self._failed)
            else:
                self._study.tell(drawn, worth)
        self._told += len(self._round)
        self._round.clear()
        self._worth.clear()


def _distribution(optuna: Any, axis: Axis) -> Any:
    kinds = optuna.distributions
    if isinstance(axis, Values):
        return kinds.CategoricalDistribution(axis.values)
    if axis.is_whole:
        return kinds.IntDistribution(int(axis.low), int(axis.high), log=axis.is_log)
    return kinds.FloatDistribution(axis.low, axis.high, log=axis.is_log)


def _optuna() -> Any:
    try:
        optuna = import_module("optuna")
    except ImportError as error:
        raise SettingsError(
            "--search tpe needs Optuna, which is not installed: pip install 'tidemark[sweeps]'; --search random does"
            " without"
        ) from error
    # It would tell of every trial.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
