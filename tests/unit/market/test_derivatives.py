from typing import Any

import numpy as np
import pytest
from tests.build import MIDNIGHT, instrument

from tidemark.market.derivatives import LIQUIDATIONS, Derivatives
from tidemark.market.tickers import Tickers
from tidemark.memory.ledger import Ledger
from tidemark.model.events import Funding, Liquidation, LongShortRatio, OpenInterest, StreamGap, TickerUpdate
from tidemark.units import DAY, HOUR, MINUTE

AT: dict[str, Any] = {"ts_event": MIDNIGHT, "ts_recv": MIDNIGHT, "symbol": "BTCUSDT"}
SLOTS = np.array([0], np.int32)


class Made:
    def __init__(self) -> None:
        self.ledger = Ledger()
        self.tickers = Tickers(series=2, ledger=self.ledger)
        self.state = Derivatives(series=2, liquidations=LIQUIDATIONS, tickers=self.tickers, ledger=self.ledger)


def gap(channel: str, since: int | None, until: int | None, symbols: tuple[str, ...] = ("BTCUSDT",)) -> StreamGap:
    return StreamGap(
        ts_event=MIDNIGHT,
        ts_recv=MIDNIGHT,
        venue="bybit",
        channel=channel,
        symbols=symbols,
        gap_from=since,
        gap_to=until,
        cause="test",
    )


def test_each_event_goes_where_it_belongs() -> None:
    made = Made().state

    told = [
        made.apply(0, OpenInterest(**AT, value=5.0)),
        made.apply(0, LongShortRatio(**AT, long_share=0.6)),
        made.apply(0, Funding(**AT, rate=0.1, due_at=MIDNIGHT)),
        made.apply(0, Liquidation(**AT, price=2.0, size=3.0, is_long=True)),
        made.apply(0, Liquidation(**AT, price=2.0, size=3.0, is_long=True)),
        made.apply(0, OpenInterest(**AT | {"ts_event": MIDNIGHT + DAY}, value=5.0)),
    ]

    assert told == [True, True, True, True, False, False]
    assert made.refused == 2
    open_interest, ratio = made.open_interest.latest(0), made.ratio.latest(0)
    assert open_interest is not None
    assert ratio is not None
    assert (open_interest.value, ratio.value) == (5.0, 0.6)
    assert made.fundings.settled(0)[1].tolist() == [0.1]
    assert made.liquidations.rows(0, 5)["size"].tolist() == [3.0]


def test_the_funding_that_is_due_is_the_tickers() -> None:
    made = Made()
    made.tickers.update(0, TickerUpdate(**AT, funding_rate=0.0003, next_funding_at=MIDNIGHT + 4 * HOUR))
    made.state.apply(0, Funding(**AT, rate=0.1, due_at=MIDNIGHT))

    reading = made.state.funding(0)

    assert (reading.rate, reading.next_at, reading.ts_recv) == (0.0003, MIDNIGHT + 4 * HOUR, MIDNIGHT)
    assert (reading.interval_ns, reading.settled) == (4 * HOUR, 0.1)
    assert reading.annualised == pytest.approx(0.0003 * 6 * 365)
    assert made.state.funding(1).rate is None


def test_a_ticker_without_open_interest_is_no_reading_of_it() -> None:
    made = Made().state

    made.take_ticker(0, TickerUpdate(**AT, last=1.0))
    assert made.open_interest.latest(0) is None
    made.take_ticker(0, TickerUpdate(**AT, open_interest=0.0))

    latest = made.open_interest.latest(0)
    assert latest is not None
    assert latest.value == 0.0


def test_only_gaps_of_liquidations_are_theirs_and_they_stand_on_the_exchanges_clock() -> None:
    made = Made().state
    made.observe(HOUR)

    made.mark_gap(gap("trades", None, MIDNIGHT), SLOTS)
    assert made.liquidations.totals(0, MIDNIGHT + HOUR + MINUTE) is None
    made.mark_gap(gap("liquidations", None, MIDNIGHT), SLOTS)

    assert made.liquidations.totals(0, MIDNIGHT + HOUR) is None
    assert made.liquidations.totals(0, MIDNIGHT + HOUR + MINUTE) is not None


def test_our_clock_may_be_wrong_when_the_exchange_says_by_how_much() -> None:
    made = Made().state
    ahead = OpenInterest(**AT | {"ts_event": MIDNIGHT + HOUR}, value=1.0)
    assert not made.apply(0, ahead)

    made.observe(HOUR)

    assert made.apply(0, ahead)


def test_a_joiner_has_the_interval_that_the_exchange_names_and_a_leaver_leaves_nothing() -> None:
    made = Made().state
    made.mark_gap(gap("liquidations", None, MIDNIGHT, symbols=()), SLOTS)
    made.join(1, instrument(), MIDNIGHT)
    assert made.liquidations.totals(1, MIDNIGHT + MINUTE) is not None
    made.apply(1, OpenInterest(**AT, value=5.0))
    made.apply(1, LongShortRatio(**AT, long_share=0.6))
    made.apply(1, Funding(**AT, rate=0.1, due_at=MIDNIGHT))
    made.apply(1, Liquidation(**AT, price=2.0, size=3.0, is_long=True))

    made.clear(1)

    assert made.open_interest.latest(1) is made.ratio.latest(1) is None
    assert made.funding(1).settlements == 0
    assert made.liquidations.totals(1, MIDNIGHT + MINUTE) is None


def test_it_takes_what_it_reserves() -> None:
    made = Made()

    reserved = [*Tickers.reserve(series=2), *Derivatives.reserve(series=2, liquidations=LIQUIDATIONS)]
    assert {line.owner: line.bytes_reserved for line in made.ledger.report() if line.owner != "transient"} == {
        line.owner: line.bytes for line in reserved
    }
    assert made.ledger.violations() == []


def filled() -> Made:
    """Told of everything once, watched since an hour ago."""
    made = Made()
    made.state.join(0, instrument(), MIDNIGHT - HOUR)
    made.state.mark_gap(gap("liquidations", None, MIDNIGHT - HOUR), SLOTS)
    made.state.apply(0, OpenInterest(**AT, value=5.0))
    made.state.apply(0, LongShortRatio(**AT, long_share=0.6))
    made.state.apply(0, Funding(**AT, rate=0.1, due_at=MIDNIGHT))
    made.state.apply(0, Liquidation(**AT, price=2.0, size=3.0, is_long=True))
    return made


def told(made: Made, slot: int, now: int) -> list[object]:
    """All that can be read of one slot."""
    state = made.state
    points = [part.points(slot) for part in (state.open_interest, state.ratio)]
    return [
        state.open_interest.latest(slot),
        state.ratio.latest(slot),
        *[(one.times.tolist(), one.values.tolist()) for one in points],
        state.funding(slot),
        [column.tolist() for column in state.fundings.settled(slot)],
        state.liquidations.totals(slot, now),
        {name: column.tolist() for name, column in state.liquidations.rows(slot, 9).items()},
    ]


def test_what_is_kept_is_all_that_can_be_read_and_fits_any_slot() -> None:
    before, after = filled(), Made()
    columns = before.state.kept()

    for name, column in after.state.kept().items():
        column[1] = columns[name][0]
    for made, slot in ((before, 0), (after, 1)):
        made.state.resume(slot, MIDNIGHT)

    now = MIDNIGHT + HOUR
    assert told(after, 1, now) == told(before, 0, now)
    assert told(after, 0, now) == told(Made(), 0, now), "another slot is not touched"
    assert all(len(column) == 2 for column in columns.values()), "one entry a slot"


def test_what_is_kept_are_the_arrays_themselves_and_no_two_have_a_name() -> None:
    made = filled()
    columns = made.state.kept()
    parts = (made.state.open_interest, made.state.ratio, made.state.fundings, made.state.liquidations)

    assert len(columns) == sum(len(part.kept()) for part in parts)
    columns["funding/rate"][0, 0] = 0.5
    assert made.state.fundings.settled(0)[1].tolist() == [0.5]


def test_liquidations_go_on_behind_what_was_watched() -> None:
    made = filled().state
    made.resume(0, MIDNIGHT)
    made.resume(0, MIDNIGHT + HOUR)
    made.mark_gap(gap("liquidations", None, MIDNIGHT + HOUR), SLOTS)

    totals = made.liquidations.totals(0, MIDNIGHT + 2 * HOUR)

    # One hour before midnight and the one from one o'clock on, of 23 h 55 min; the hour between was not watched.
    assert totals is not None
    assert totals.coverage == pytest.approx(2 / (23 + 55 / 60))


def test_what_was_never_watched_is_not_watched_afterwards() -> None:
    made = Made().state

    made.resume(0, MIDNIGHT)

    assert made.liquidations.totals(0, MIDNIGHT) is None


def test_a_clock_that_is_set_moves_what_was_received_and_not_the_exchanges_times() -> None:
    made = filled()
    before = told(made, 0, MIDNIGHT)

    made.state.shift(MINUTE)

    open_interest, ratio = made.state.open_interest.latest(0), made.state.ratio.latest(0)
    totals, funding = made.state.liquidations.totals(0, MIDNIGHT), made.state.funding(0)
    assert open_interest is not None
    assert ratio is not None
    assert totals is not None
    received = (open_interest.ts_recv, ratio.ts_recv, totals.last_recv, funding.settled_ts_recv)
    assert received == (MIDNIGHT + MINUTE,) * 4
    assert (open_interest.ts_event, ratio.ts_event, totals.last_at, funding.settled_at) == (MIDNIGHT,) * 4
    assert made.state.open_interest.latest(1) is None, "what was never received has no moment"
    # What comes now is stamped by the clock as it is: at 00:05 of it the exchange has 00:04, and says so.
    late: dict[str, Any] = {"ts_event": MIDNIGHT + 4 * MINUTE, "ts_recv": MIDNIGHT + 5 * MINUTE, "symbol": "BTCUSDT"}
    assert made.state.apply(0, Liquidation(**late, price=1.0, size=1.0, is_long=False))
    made.state.shift(-MINUTE)
    again = told(made, 0, MIDNIGHT)
    assert (again[0], again[1], again[4]) == (before[0], before[1], before[4])


def test_after_a_shift_a_gap_stands_where_it_stood_on_the_exchanges_clock() -> None:
    kept = []
    for step in (0, MINUTE):
        made = filled()
        made.state.shift(step)
        made.state.mark_gap(gap("liquidations", MIDNIGHT + step, None), SLOTS)
        kept.append(made.state.liquidations.totals(0, MIDNIGHT + HOUR))

    assert kept[0] is not None
    assert kept[1] is not None
    assert kept[0].coverage == kept[1].coverage == pytest.approx(1 / (23 + 55 / 60))
