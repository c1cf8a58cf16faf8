"""Which event that was found is which of the truth: same kind and direction, near enough, one to one.

Near enough is at most three bars, or a tenth of the range, from its first event to its last. Where several would do,
the nearest pairs are taken first, the earlier label and then the earlier finding of those as near.

Memory: labels and findings of the last bars; what is older is settled. A detector that finds more than *MOST_PENDING*
within them has what it finds beyond that counted as false at once.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tidemark.analysis.wyckoff.reading import Found
from tidemark.sim.schematics.label import Label

NEAR_BARS = 3
NEAR_SHARE = 0.1
# A finding that is confirmed so many bars after the event, or later, comes too late to be matched.
HORIZON = 2048
MOST_PENDING = 20_000
END_OF_TIME = 1 << 62


class Pair(NamedTuple):
    """A label and its finding; one without a finding was missed, a finding without a label is false."""

    label: Label | None
    found: Found | None
    tolerance: int


class Matching:
    """The events of one series."""

    def __init__(self) -> None:
        self._labels: list[tuple[Label, int]] = []  # bounded: labels of HORIZON bars and of the open range
        self._found: list[Found] = []  # bounded: MOST_PENDING
        self._open: list[Label] = []  # bounded: one range
        self._settled = 0

    def label(self, labels: Sequence[Label]) -> None:
        """More of the truth, in order."""
        for label in labels:
            if self._open and label.range_id != self._open[0].range_id:
                self._close()
            self._open.append(label)

    def _close(self) -> None:
        """The range is known whole: how near is near enough follows from it."""
        near = tolerance(self._open)
        self._labels += [(label, near) for label in self._open]
        self._open = []  # bounded: one range

    def find(self, found: Sequence[Found]) -> Iterator[Pair]:
        """More findings; those that are false at once."""
        for one in found:
            if one.at < self._settled or len(self._found) >= MOST_PENDING:
                yield Pair(None, one, 0)
            else:
                self._found.append(one)

    def settle(self, now: int, *, is_over: bool = False) -> Iterator[Pair]:
        """All that can be said at bar *now*; all there is where the series is over."""
        if self._open and (is_over or now - self._open[-1].at > HORIZON):
            self._close()
        first_open = self._open[0].at - NEAR_BARS - HORIZON if self._open else now
        until = END_OF_TIME if is_over else self._seam(min(now - HORIZON, first_open))
        if until <= self._settled:
            return
        labels = [pair for pair in self._labels if pair[0].at < until]
        found = [one for one in self._found if one.at < until]
        self._labels = [pair for pair in self._labels if pair[0].at >= until]
        self._found = [one for one in self._found if one.at >= until]
        self._settled = until
        yield from matched(labels, found)

    def _seam(self, latest: int) -> int:
        """The last bar up to *latest* that lies within reach of no label."""
        seam = latest
        for label, near in sorted(self._labels, key=lambda pair: pair[0].at + pair[1], reverse=True):
            if label.at - near < seam <= label.at + near:
                seam = label.at - near
        return seam


def tolerance(labels: Sequence[Label]) -> int:
    """How many bars a finding of this range may be away.

    labels: the events of one range.
    """
    at = [label.at for label in labels]
    return max(NEAR_BARS, int(NEAR_SHARE * (max(at) - min(at)))) if at else NEAR_BARS


def matched(labels: Sequence[tuple[Label, int]], found: Sequence[Found]) -> Iterator[Pair]:
    """Each label, with its finding or without, then each finding that has none."""
    places: dict[tuple[str, int, int], list[int]] = {}
    for number, one in enumerate(found):
        places.setdefault((one.event, one.direction, one.at), []).append(number)
    near: list[tuple[int, int, int, int, int, int]] = []
    for number, (label, reach) in enumerate(labels):
        for at in range(label.at - reach, label.at + reach + 1):
            others = places.get((label.event, label.direction, at), ())
            near += [(abs(at - label.at), label.at, at, found[other].confirmed, number, other) for other in others]
    of_label: dict[int, int] = {}
    taken: set[int] = set()
    for *_, number, other in sorted(near):
        if number not in of_label and other not in taken:
            of_label[number] = other
            taken.add(other)
    for number, (label, reach) in enumerate(labels):
        yield Pair(label, found[of_label[number]] if number in of_label else None, reach)
    for number, one in enumerate(found):
        if number not in taken:
            yield Pair(None, one, 0)
