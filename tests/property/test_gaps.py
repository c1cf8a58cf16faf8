"""The ledger of gaps over any course of events: every time that was not seen is in it once, and adds up."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.build import MIDNIGHT, T, candles, columns, fresh, history_of, klines_of
from tests.property.test_history import ONE, RETENTION, markets

from tidemark.market.candles import PAD_NS, Candles
from tidemark.market.gaps import Gaps
from tidemark.memory.ledger import Ledger
from tidemark.model.events import StreamGap
from tidemark.model.gap import Gap, Repair
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE, SECOND

END_S = 1200
channels = st.sampled_from(["trades", "books", "tickers"])
# When, of what, and whether it opens, ends what is open, or is told when it is over already (so many seconds long).
happenings = st.lists(
    st.tuples(st.integers(2, END_S - 2), channels, st.sampled_from(["open", "close", "over"]), st.integers(0, 150)),
    max_size=14,
    unique_by=lambda one: one[:2],
)
# Seconds at which the candles are mended with what the exchange has by then, and whether by trades.
mends = st.lists(st.tuples(st.integers(100, END_S - 1), st.booleans()), max_size=4)
Span = tuple[str, int, int | None]


def touched(gap: Gap) -> int:
    """How many minutes the time that is doubted reaches into."""
    assert gap.gap_to is not None
    return -(-(gap.gap_to + PAD_NS) // MINUTE) - (gap.gap_from - PAD_NS) // MINUTE


def assert_adds_up(ledger: Gaps, expected: list[Span]) -> None:
    held = list(ledger.gaps())
    assert Counter((gap.channel, gap.gap_from, gap.gap_to) for gap in held) == Counter(expected)
    unmended = {(gap.channel, gap.gap_from, gap.gap_to) for _, gap, *_ in ledger.unmended()}
    for gap in held:
        assert min(gap.repaired, gap.lost) >= 0
        if gap.gap_to is None:
            assert (gap.repaired, gap.lost, gap.repair) == (0, 0, Repair.NONE)
            continue
        assert gap.gap_to >= gap.gap_from
        # Of each minute exactly one is true: it is whole, or it is lost.
        assert gap.repaired + gap.lost == (touched(gap) if gap.channel == "trades" else 0)
        assert ((gap.channel, gap.gap_from, gap.gap_to) in unmended) == (gap.lost > 0)
    assert ledger.counters.opened == len(expected)
    assert ledger.counters.closed == sum(span[2] is not None for span in expected)


def told(ledger: Gaps, made: Candles, channel: str, since: int | None, until: int | None) -> None:
    begin, end = (None if at is None else MIDNIGHT + at * SECOND for at in (since, until))
    if channel == "trades":
        if end is None:
            made.open_gap(ONE, begin)
        else:
            made.close_gap(ONE, begin, end)
    event = StreamGap(
        ts_event=MIDNIGHT, ts_recv=MIDNIGHT, venue="bybit", channel=channel, symbols=(), gap_from=begin, gap_to=end,
        cause="test",
    )  # fmt: skip
    ledger.mark(0, "BTCUSDT", event, made)


def mend(ledger: Gaps, made: Candles, market: list[T], at: int, *, by_trades: bool) -> None:
    """What the exchange has of all minutes that are over."""
    seen = ledger.spans(0, MIDNIGHT + at * SECOND)
    if by_trades:
        made.complete(0, history_of(market, 0, at // 60 * 60), 0.001, seen)
    else:
        made.confirm(0, klines_of(market, Timeframe.M1, 0, at // 60), 0.001, seen)
    ledger.review(0, Repair.TRADES if by_trades else Repair.KLINES, made)


@settings(max_examples=120, deadline=None)
@given(markets(), happenings, mends)
def test_every_time_that_was_not_seen_is_open_or_over_and_each_of_its_minutes_is_whole_or_lost(
    market: list[T], course: list[tuple[int, str, str, int]], mended: list[tuple[int, bool]]
) -> None:
    made, ledger = candles(1, RETENTION), Gaps(series=1, timeframes=tuple(RETENTION), ledger=Ledger())
    opened: dict[str, int] = {}
    over: list[Span] = []
    # A feed is whole, or it is not: what is told as over lies behind all that came before.
    last = dict.fromkeys(("trades", "books", "tickers"), 2)
    by_second = {second: [one for one in course if one[0] == second] for second, *_ in course}
    for second in range(END_S):
        for at, channel, kind, lasted in by_second.get(second, []):
            since = max(last[channel], at - lasted)
            if kind == "open":
                told(ledger, made, channel, opened.get(channel, at), None)
                opened.setdefault(channel, at)
            elif channel in opened:
                begin = opened.pop(channel)
                told(ledger, made, channel, begin, at)
                over.append((channel, MIDNIGHT + begin * SECOND, MIDNIGHT + at * SECOND))
            elif kind == "over":
                told(ledger, made, channel, since, at)
                over.append((channel, MIDNIGHT + since * SECOND, MIDNIGHT + at * SECOND))
            else:
                told(ledger, made, channel, None, at)
            last[channel] = at
        heard = [t for t in market if second <= t.at < second + 1 and "trades" not in opened]
        if heard:
            made.apply(columns(heard), fresh(len(heard)))
        made.advance(MIDNIGHT + second * SECOND)
        for at, by_trades in mended:
            if at == second:
                mend(ledger, made, market, at, by_trades=by_trades)
        if second in by_second or second % 200 == 0:
            still = [(channel, MIDNIGHT + since * SECOND, None) for channel, since in opened.items()]
            assert_adds_up(ledger, [*over, *still])
    for channel, begin in opened.items():
        told(ledger, made, channel, begin, END_S - 1)
        over.append((channel, MIDNIGHT + begin * SECOND, MIDNIGHT + (END_S - 1) * SECOND))
    made.advance(MIDNIGHT + (END_S + 3) * SECOND)

    mend(ledger, made, market, END_S, by_trades=False)

    assert_adds_up(ledger, list(over))
    assert ledger.unmended() == []
    assert ledger.review(0, Repair.KLINES, made) == []
