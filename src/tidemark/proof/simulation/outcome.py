"""What a simulation left on disk, held against what the exchange traded and against a world without faults."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tidemark.model.candle import Origin
from tidemark.model.gap import Gap, Repair
from tidemark.model.timeframe import Timeframe
from tidemark.sim.market import Contract, Source
from tidemark.store.gap_log import SUFFIX, read_gaps
from tidemark.store.journal import blocks, segments, symbols
from tidemark.store.segments import numbered
from tidemark.units import MINUTE, SECOND

TIMEFRAMES = (Timeframe.S10, Timeframe.M1, Timeframe.M5)
# What closed later than this before the end may not be mended yet.
MENDED_NS = 90 * SECOND
# Volumes are float32 sums, in any order; prices are whole ticks, and a tick is more than this of any price.
ROUNDING = 1e-5
EXACT = 1e-9
UNSURE = frozenset({Origin.ABSENT, Origin.PARTIAL, Origin.PROVISIONAL})

# Timeframe, symbol and open time (ns).
Key = tuple[str, str, int]


class Row(msgspec.Struct, frozen=True, gc=False):
    """One candle in quote and base currency."""

    open: float
    high: float
    low: float
    close: float
    volume: float
    origin: int = Origin.EXCHANGE


class Kept(msgspec.Struct, frozen=True):
    """What the journal has last of each candle, what the exchange's minutes were, and the ledger of gaps."""

    rows: dict[Key, Row]
    truth: dict[Key, Row]
    gaps: tuple[Gap, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one simulation; `broken` has a line for each invariant that did not hold."""

    seed: int
    broken: tuple[str, ...]
    digest: str
    outputs: int
    connections: int
    requests: int
    until_ns: int
    kept: Kept


def kept(store: Path, source: Source, since_ns: int, until_ns: int) -> Kept:
    """Read the files of a life that has ended."""
    rows: dict[Key, Row] = {}
    gaps: dict[tuple[str, str, int], Gap] = {}
    for venue in sorted(store.iterdir()) if store.is_dir() else ():
        rows.update(_journal(venue / "journal"))
        for path in numbered(venue / "gaps", SUFFIX):
            for gap, _ in read_gaps(path, 0):
                if gap is not None:
                    gaps[gap.symbol, gap.channel, gap.gap_from] = gap
    return Kept(rows, dict(_minutes(source, since_ns, until_ns)), tuple(gaps.values()))


def _journal(folder: Path) -> Iterator[tuple[Key, Row]]:
    if not folder.is_dir():
        return
    names = symbols(folder)
    for timeframe in TIMEFRAMES:
        for path in segments(folder, timeframe.value):
            for block in blocks(path):
                for row in block:
                    tick = float(row["tick_size"])
                    opened, high, low, close = (float(row[name]) * tick for name in ("open", "high", "low", "close"))
                    told = Row(opened, high, low, close, float(row["volume"]), int(row["marks"]) & 7)
                    yield (timeframe.value, names[row["symbol"]], int(row["open_time"])), told


def _minutes(source: Source, since_ns: int, until_ns: int) -> Iterator[tuple[Key, Row]]:
    """The exchange's own minutes of every perpetual, whole ones alone."""
    for slot, market in source.truth.listed():
        if market.contract is not Contract.PERPETUAL:
            continue
        for candle in source.candles(slot, 1, since_ns // MINUTE, until_ns // MINUTE - 1):
            ticks = (candle.open, candle.high, candle.low, candle.close)
            opened, high, low, close = (tick * market.tick_size for tick in ticks)
            key = (Timeframe.M1.value, market.symbol, candle.minute * MINUTE)
            yield key, Row(opened, high, low, close, candle.lots * market.lot_size)


def differences(outcome: Outcome, twin: Outcome | None) -> list[str]:
    """What is wrong with the candles of *outcome* and stands in no ledger; *twin* is the same world without faults.

    A minute is held against the exchange's, everything against the twin's.
    """
    kept, found = outcome.kept, []
    markets = {symbol for _, symbol, _ in kept.rows}
    begun = min((opens for _, _, opens in kept.rows), default=0)
    for (timeframe, symbol, opens), truth in kept.truth.items():
        if symbol in markets and begun <= opens <= outcome.until_ns - MENDED_NS:
            found += _judged(kept, (timeframe, symbol, opens), truth, "the exchange's")
    if twin is None:
        return found
    lengths = {timeframe.value: timeframe.ns for timeframe in TIMEFRAMES}
    for key, other in twin.kept.rows.items():
        if key[2] + lengths[key[0]] <= outcome.until_ns - MENDED_NS and other.origin not in UNSURE:
            found += _judged(kept, key, other, "those of the world without faults")
    return found


def _judged(kept: Kept, key: Key, other: Row, whose: str) -> list[str]:
    """One line when the candle of *key* is not *other*, and nothing says that it may not be."""
    timeframe, symbol, opens = key
    ours = kept.rows.get(key)
    length = next(one.ns for one in TIMEFRAMES if one.value == timeframe)
    if ours is not None and ours.origin not in UNSURE and _is_equal(ours, other):
        return []
    if length < MINUTE:
        # A candle of ten seconds that says itself that it is not whole has said enough: no minute is short of anything.
        is_unsure = ours is not None and ours.origin in UNSURE
        # One without a trade needs a price that holds, and after a gap none is known before the next trade or minute.
        is_unpriced = ours is None and other.volume == 0.0
        if is_unsure or is_unpriced or _is_hidden(kept, symbol, opens // MINUTE * MINUTE, length):
            return []
    if any(takes(gap, symbol, opens, length) for gap in kept.gaps):
        return []
    told = "is missing" if ours is None else f"is {_told(ours)} ({Origin(ours.origin).name})"
    return [f"{timeframe} of {symbol} at {opens // SECOND} {told} beside {whose} {_told(other)}, and no gap says why"]


def _is_hidden(kept: Kept, symbol: str, minute: int, length: int) -> bool:
    """Whether a minute is the exchange's, and one of its parts says that it is not whole: that explains any difference.

    So it is with the minute in which a process begins: what else is missing there cannot be seen.
    """
    whole = kept.rows.get((Timeframe.M1.value, symbol, minute))
    if whole is None or whole.origin not in {Origin.EXCHANGE, Origin.REPAIRED}:
        return False
    name = next(one.value for one in TIMEFRAMES if one.ns == length)
    parts = [kept.rows.get((name, symbol, opens)) for opens in range(minute, minute + MINUTE, length)]
    return any(part is None or part.origin in UNSURE for part in parts)


def takes(gap: Gap, symbol: str, opens: int, length: int) -> bool:
    """Whether *gap* says that trades of that candle are missing."""
    # What was mended with the exchange's minutes has no shorter candles: the exchange has none.
    is_short = length < MINUTE and gap.repair is Repair.KLINES
    return (
        gap.symbol == symbol
        and gap.channel == "trades"
        and (gap.lost > 0 or gap.gap_to is None or is_short)
        # The minute in which a gap begins or ends is short as a whole.
        and gap.gap_from // MINUTE * MINUTE < opens + length
        and (gap.gap_to is None or -(-gap.gap_to // MINUTE) * MINUTE > opens)
    )


def _is_equal(ours: Row, other: Row) -> bool:
    """Equal but for where a candle opens: some exchanges open it at the close before, and count that into its range."""
    high = max(ours.high, other.open, ours.open), max(other.high, other.open, ours.open)
    low = min(ours.low, other.open, ours.open), min(other.low, other.open, ours.open)
    return all(
        abs(one - two) <= within * max(abs(one), abs(two))
        for (one, two), within in (
            (high, EXACT),
            (low, EXACT),
            ((ours.close, other.close), EXACT),
            ((ours.volume, other.volume), ROUNDING),
        )
    )


def _told(row: Row) -> str:
    return f"{row.open:.10g} {row.high:.10g} {row.low:.10g} {row.close:.10g}, {row.volume:.10g}"
