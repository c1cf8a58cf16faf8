"""What a benchmark is, what it gives, and how the benchmarks are found.

A benchmark is one module of this folder with a docstring, `IS_CHEAP` (whether `--quick` takes a few seconds and needs
nothing installed), `GATE` and `run(plan)`, which gives results one by one. Nothing is listed anywhere: a new module is
found.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import process_time
from typing import Literal, Protocol, cast

import msgspec

import benchmarks

_NOT_BENCHMARKS = frozenset({"__main__", "base"})
Gate = Literal["quick", "full"] | None
# Of everything else, less is better.
_MORE_IS_BETTER = frozenset({"trades/s", "messages/s", "bars/s", "times"})


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One figure. `value` is the median of `n` repetitions, `best` the best of them; CPU time, unless `unit` says else.

    `ratio` is ours against the peer's, medians of the same run, above 1 when ours is better. `rss_mb` is the resident
    memory of the process that was measured. None: does not apply, or in `peer_value`, that the peer is absent.
    """

    name: str
    value: float | None
    unit: str
    target: float | None = None
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None
    rss_mb: float | None = None
    n: int = 1
    best: float | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the median meets the target; None without a target or a value."""
        if self.target is None or self.value is None:
            return None
        return self.value >= self.target if more_is_better(self.unit) else self.value <= self.target


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How thorough a run is to be."""

    is_quick: bool
    # Whether other libraries are measured beside ours.
    has_peers: bool = True

    def choose(self, full: int, quick: int) -> int:
        """*full*, or *quick* when it is to be quick."""
        return quick if self.is_quick else full


class Benchmark(Protocol):
    """The shape of a module of this folder."""

    __doc__: str | None
    IS_CHEAP: bool
    # Whether its CPU times are held against the last release: by the quick gate, by the full one alone, or by none.
    GATE: Gate

    @staticmethod
    def run(plan: Plan) -> Iterator[Result]:
        """Measure; give the results as they come. What a peer lacks is a result without a value, never an error."""
        ...


def names() -> list[str]:
    """The benchmarks there are, from A to Z."""
    found = pkgutil.iter_modules([str(Path(benchmarks.__file__).parent)])
    return sorted(module.name for module in found if not module.ispkg and module.name not in _NOT_BENCHMARKS)


def load(name: str) -> Benchmark:
    """The benchmark *name*; AttributeError, which says what is missing, when it has not the shape of one."""
    module = importlib.import_module(f"benchmarks.{name}")
    for part in ("IS_CHEAP", "GATE", "run"):
        if not hasattr(module, part):
            raise AttributeError(f"benchmarks/{name}.py has no {part}; benchmarks/base.py says what it needs")
    return cast("Benchmark", module)


def more_is_better(unit: str) -> bool:
    """Whether a larger figure of that unit is a better one."""
    return unit in _MORE_IS_BETTER


def say(words: str) -> None:
    """Progress, on the error stream."""
    print(words, file=sys.stderr, flush=True)


def cpu_seconds(work: Callable[[], object]) -> float:
    """The CPU time that *work* took this process, all of its threads."""
    started = process_time()
    work()
    return process_time() - started


def rates(amount: int, seconds: list[float]) -> tuple[float, float]:
    """The median and the best of *amount* in each of *seconds*."""
    each = [amount / one for one in seconds]
    return round(median(each), 1), round(max(each), 1)
