"""Whether a strategy sees what it could not have known: it is run again over candles that end earlier.

What it did until then has to be the same. And where candles begin later, indicators have to come to the same values:
by how much they do not says how long a warm-up they would need.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import numpy as np

from tidemark.backtest.bars import Array, Bars
from tidemark.backtest.broker.account import Account
from tidemark.backtest.driver import Sink, asked_of
from tidemark.backtest.rules.asked import is_rules
from tidemark.backtest.runs.driving import Drives, driver_of
from tidemark.backtest.runs.recording import Recording
from tidemark.backtest.runs.request import Request
from tidemark.backtest.runs.source import CHUNK, Source
from tidemark.backtest.strategies.indicators import Indicators
from tidemark.backtest.strategies.loading import load
from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger
from tidemark.model.round_trip import RoundTrip

# How many candles before the last one an indicator is begun again, in multiples of the warm-up.
BEGINNINGS = (1, 2, 5, 10)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What was not the same where candles ended at `cut` (ns): a round trip, or what was held and ordered then."""

    cut: int
    what: str
    whole: str
    truncated: str


class Forgetting(msgspec.Struct, frozen=True, kw_only=True):
    """How far an indicator is from its value at the last candle where it begins so many candles before.

    apart: as fractions of that value; None where there are not that many candles.
    """

    name: str
    candles: tuple[int, ...]
    apart: tuple[float | None, ...]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy did where candles ended earlier, against what it did over all of them.

    cuts: where they ended (ns). changes: empty where nothing looks ahead. compared: round trips that were held against
    each other. forgetting: of each indicator.
    """

    cuts: tuple[int, ...]
    compared: int
    changes: tuple[Change, ...]
    forgetting: tuple[Forgetting, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing changed."""
        return not self.changes


class _Told:
    """Keeps the round trips of a run, as a sink."""

    def __init__(self) -> None:
        self.all: list[RoundTrip] = []  # bounded: the trips of one run that is checked

    def trips(self, closed: Sequence[RoundTrip]) -> None:
        self.all.extend(closed)

    def equity(self, at: Array, worth: Array) -> None:
        del at, worth


Make = Callable[[Sink], tuple[Account, Drives]]


class _Run:
    """A driver with what it tells."""

    def __init__(self, make: Make) -> None:
        self.told = _Told()
        self.account, self._driver = make(self.told)

    def take(self, bars: Bars) -> None:
        self._driver.take(bars)


def cuts_of(begin: int, end: int, count: int, seed: int) -> tuple[int, ...]:
    """*count* times between *begin* and *end* (ns), in order, drawn from *seed*; none in the first tenth."""
    drawn = np.random.default_rng(seed).integers(begin + (end - begin) // 10, end, count)
    return tuple(sorted({int(one) for one in drawn}))


def check(
    make: Make, bars: Callable[[], Iterator[Bars]], cuts: Sequence[int], each: Callable[[int], None]
) -> tuple[int, tuple[Change, ...]]:  # fmt: skip
    """How many round trips were compared, and what was not the same.

    make: an account and a driver over a sink, as a run has them; bars: all candles, anew with every call; each: told
    how many candles were taken so far, in all passes together.
    """
    seen: list[tuple[int, dict[str, Array]]] = []
    taken = 0
    whole = _Run(make)
    waiting = list(cuts)
    for stretch in bars():
        left = stretch
        while waiting and len(left) and left.open_time[-1] >= waiting[0]:
            upto = int(np.searchsorted(left.open_time, waiting.pop(0)))
            whole.take(left.part(0, upto))
            left = left.part(upto, len(left))
            seen.append((len(whole.told.all), whole.account.state()))
        if not waiting:
            break
        whole.take(left)
        taken += len(stretch)
        each(taken)
    changes: list[Change] = []
    for cut, (count, state) in zip(cuts, seen, strict=False):
        again = _Run(make)
        for stretch in before(bars(), cut):
            again.take(stretch)
            taken += len(stretch)
            each(taken)
        changes.extend(_changes(cut, whole.told.all[:count], state, again))
    return sum(count for count, _ in seen), tuple(changes)


def examined(
    request: Request, source: Source, *, cuts: int, seed: int, each: Callable[[int], None]
) -> Checked:  # fmt: skip
    """What comes of *request* where the candles of *source* end earlier, so many times."""
    if isinstance(source, Recording):
        raise SettingsError("a recording is not cut; give candles to check a strategy over")
    wanted = {} if is_rules(request.strategy) else asked_of(load(request.strategy, request.parameters))
    used = source.used

    at = cuts_of(used.begin, used.end, cuts, seed)
    compared, changes = check(lambda sink: driver_of(request, source, sink), lambda: source.bars(CHUNK), at, each)
    return Checked(
        cuts=at, compared=compared, changes=changes,
        forgetting=forgetting(wanted, lambda: source.bars(CHUNK), 0) if wanted else (),
    )  # fmt: skip


def before(stretches: Iterator[Bars], cut: int) -> Iterator[Bars]:
    """Candles as they are where the data ends at *cut*: nothing of what follows is even there."""
    for bars in stretches:
        upto = int(np.searchsorted(bars.open_time, cut))
        if upto:
            yield Bars(**{name: getattr(bars, name)[:upto].copy() for name in bars.__struct_fields__})
        if upto < len(bars):
            return


def forgetting(
    wanted: Mapping[str, str], bars: Callable[[], Iterator[Bars]], market: int
) -> tuple[Forgetting, ...]:  # fmt: skip
    """How long each indicator remembers where the candles of *market* began."""
    warm_up = Indicators(wanted, markets=1, ledger=Ledger()).warm_up
    longest = warm_up * BEGINNINGS[-1]
    whole = Indicators(wanted, markets=1, ledger=Ledger())
    last: dict[str, float] = {}
    tail: Bars | None = None
    for stretch in bars():
        mine = _of(stretch, market)
        if not len(mine):
            continue
        last = {name: float(values[-1]) for name, values in whole.take(mine.writable()).items()}
        tail = _end(mine if tail is None else _joined(tail, mine), longest)
    told = []
    for name, words in wanted.items():
        apart: list[float | None] = []
        for times in BEGINNINGS:
            count = warm_up * times
            if tail is None or len(tail) < count:
                apart.append(None)
                continue
            again = Indicators({name: words}, markets=1, ledger=Ledger()).take(_end(tail, count).writable())
            value = float(again[name][-1])
            apart.append(abs(value - last[name]) / (abs(last[name]) or 1.0))
        told.append(Forgetting(name=name, candles=tuple(warm_up * one for one in BEGINNINGS), apart=tuple(apart)))
    return tuple(told)


def _of(bars: Bars, market: int) -> Bars:
    mine = bars.market == market
    made = {name: getattr(bars, name)[mine] for name in bars.__struct_fields__}
    return Bars(**made | {"market": np.zeros(int(mine.sum()), np.int32)})


def _joined(first: Bars, second: Bars) -> Bars:
    return Bars(**{
        name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in first.__struct_fields__
    })  # fmt: skip


def _end(bars: Bars, count: int) -> Bars:
    return bars.part(max(len(bars) - count, 0), len(bars))


def _changes(cut: int, trips: Sequence[RoundTrip], state: dict[str, Array], again: _Run) -> Iterator[Change]:
    for number in range(max(len(trips), len(again.told.all))):
        one = trips[number] if number < len(trips) else None
        other = again.told.all[number] if number < len(again.told.all) else None
        if one != other:
            yield Change(cut=cut, what=f"round trip {number + 1}", whole=_said(one), truncated=_said(other))
            return
    for name, values in again.account.state().items():
        if not np.array_equal(values, state[name]):
            yield Change(
                cut=cut, what=f"{name} of the account", whole=_first(state[name], values),
                truncated=_first(values, state[name]),
            )  # fmt: skip
            return


def _said(trip: RoundTrip | None) -> str:
    if trip is None:
        return "none"
    return f"{trip.symbol} {trip.side.name.lower()} {trip.entry_price:g} to {trip.exit_price:g}, {trip.exit.value}"


def _first(values: Array, others: Array) -> str:
    if values.shape != others.shape:
        return f"of shape {values.shape}"
    at = tuple(int(one[0]) for one in np.nonzero(values != others))
    return f"{values[at]} at {list(at)}"
