"""Both sides in turn, round by round, until every benchmark is decided or there have been rounds enough."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from benchmarks.base import Result, more_is_better
from benchmarks.check.side import Answer, Side, SideError
from benchmarks.check.verdict import Outcome, Verdict, judge, least_pairs

# CPU time, as such or as a rate; nothing else is held against another commit.
_JUDGED = frozenset({"trades/s", "messages/s", "us", "ns/row", "% of a core"})


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: what became of it, or why it was not judged."""

    name: str
    unit: str = ""
    ours: float | None = None
    base: float | None = None
    verdict: Verdict | None = None
    note: str = ""


class Comparison:
    """Gathers pairs of *names*, and judges them. A round is one run of each benchmark that is not decided yet."""

    def __init__(self, names: Sequence[str], *, limit: float, sure: float) -> None:
        self.notes: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self._names = names
        self._limit = limit
        self._sure = sure
        self._least = least_pairs(sure)
        self._pairs: dict[str, list[tuple[float, float]]] = {}
        self._units: dict[str, str] = {}

    def open_names(self) -> list[str]:
        """The benchmarks of which a figure is not decided."""
        return [
            name
            for name in self._names
            if name not in self.notes
            and name not in self.failed
            and (not self._of(name) or any(self._is_open(figure) for figure in self._of(name)))
        ]

    def add(self, name: str, ours: Answer, base: Answer) -> None:
        """Take in one run of each side, which followed one another."""
        if ours.error is not None:
            self.failed[name] = ours.error
            return
        if base.error is not None:
            self.notes[name] = f"the base cannot run it: {base.error}"
            return
        theirs = {result.name: result for result in base.results}
        for result in ours.results:
            if result.unit in _JUDGED and result.name in theirs:
                pair = _cost(result), _cost(theirs[result.name])
                if None not in pair:
                    self._units[result.name] = result.unit
                    self._pairs.setdefault(result.name, []).append((pair[0] or 0.0, pair[1] or 0.0))

    def rows(self) -> list[Row]:
        """What is known so far, figure by figure."""
        rows = []
        for name in self._names:
            for figure in self._of(name):
                pairs = self._pairs[figure]
                ours, base = (sorted(side)[len(side) // 2] for side in zip(*pairs, strict=True))
                rows.append(
                    Row(name=figure, unit=self._units[figure], ours=ours, base=base, verdict=self._verdict(figure))
                )
            note = self.failed.get(name) or self.notes.get(name)
            if note:
                rows.append(Row(name=name, note=note))
        return rows

    def _of(self, name: str) -> list[str]:
        return [figure for figure in self._pairs if figure.partition("/")[0] == name]

    def _is_open(self, figure: str) -> bool:
        return len(self._pairs[figure]) < self._least or self._verdict(figure).outcome is Outcome.UNDECIDED

    def _verdict(self, figure: str) -> Verdict:
        more = more_is_better(self._units[figure])
        ratios = [ours / base if more else base / ours for ours, base in self._pairs[figure]]
        return judge(ratios, self._limit, self._sure)


def rounds(comparison: Comparison, ours: Path, base: Path, most: int, step: Callable[[str], None]) -> Iterator[int]:
    """Run round after round, at most so many; give the number of each when it is over. Raises SideError.

    Each round has two processes of its own: where a process happens to lie in memory makes it some percent faster or
    slower for as long as it lives. Who goes first changes from round to round. step: told the benchmark that is next.
    """
    for number in range(1, most + 1):
        names = comparison.open_names()
        if not names:
            return
        with ExitStack() as stack:
            sides = {"ours": stack.enter_context(Side(ours)), "base": stack.enter_context(Side(base))}
            if sides["ours"].own.is_compiled != sides["base"].own.is_compiled:
                raise SideError("one of the trees has compiled kernels and the other has not: they cannot be compared")
            order = ("ours", "base") if number % 2 else ("base", "ours")
            for name in names:
                step(name)
                answers: Mapping[str, Answer] = {side: sides[side].run(name) for side in order}
                comparison.add(name, answers["ours"], answers["base"])
        yield number


def _cost(result: Result) -> float | None:
    """The best of the repetitions: what disturbs a run of CPU time only makes it longer."""
    return result.value if result.best is None else result.best
