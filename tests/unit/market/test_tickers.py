import math

import msgspec
import numpy as np
import pytest
from tests.build import MIDNIGHT

from tidemark.market.tickers import Group, Stated, Tickers
from tidemark.memory.ledger import Ledger
from tidemark.model.candle_columns import FIGURES, CandleColumns
from tidemark.model.events import TickerUpdate
from tidemark.units import SECOND

FIELDS = [name for name in TickerUpdate.__struct_fields__[3:] if name != "is_polled"]


def update(at: int, **fields: float) -> TickerUpdate:
    return msgspec.convert(
        {"type": "ticker", "symbol": "BTCUSDT", "ts_event": at - 5, "ts_recv": at, **fields}, TickerUpdate
    )


def tickers() -> Tickers:
    return Tickers(series=3, ledger=Ledger())


def test_nothing_is_known_before_the_first_update() -> None:
    assert tickers().get(0, "BTCUSDT") is None


def test_an_update_changes_what_it_names_and_leaves_the_rest() -> None:
    made = tickers()
    made.update(1, update(MIDNIGHT, last=100.0, mark=101.0, next_funding_at=MIDNIGHT + SECOND))

    made.update(1, update(MIDNIGHT + SECOND, last=99.0, funding_rate=-0.0001))

    assert made.get(1, "BTCUSDT") == TickerUpdate(
        ts_event=MIDNIGHT + SECOND,
        ts_recv=MIDNIGHT + SECOND,
        symbol="BTCUSDT",
        last=99.0,
        mark=101.0,
        funding_rate=-0.0001,
        next_funding_at=MIDNIGHT + SECOND,
    )
    assert made.get(0, "BTCUSDT") is None


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_kept_and_zero_is_not_nothing(field: str) -> None:
    made = tickers()
    value = MIDNIGHT if field == "next_funding_at" else 0.0

    made.update(0, update(MIDNIGHT, **{field: value}))

    ticker = made.get(0, "BTCUSDT")
    assert ticker is not None
    assert {name: getattr(ticker, name) for name in FIELDS} == {**dict.fromkeys(FIELDS), field: value}


def test_a_column_has_another_figure_where_the_exchange_said_nothing() -> None:
    made = tickers()
    made.update(1, update(MIDNIGHT, turnover_24h=7.0))

    column = made.column("turnover_24h", np.array([1.0, 2.0, 3.0]))

    assert column.tolist() == [1.0, 7.0, 3.0]
    assert not any(map(math.isnan, column))


def test_a_cleared_slot_is_not_known_any_more() -> None:
    made = tickers()
    made.update(0, update(MIDNIGHT, last=1.0, next_funding_at=MIDNIGHT))
    made.clear(0)

    assert made.get(0, "BTCUSDT") is None
    made.update(0, update(MIDNIGHT, mark=2.0))
    ticker = made.get(0, "BTCUSDT")
    assert ticker is not None
    assert (ticker.last, ticker.mark, ticker.next_funding_at) == (None, 2.0, None)


def test_a_slot_takes_no_more_than_it_says() -> None:
    (reservation,) = Tickers.reserve(series=3)

    # A figure a field and an age a group, when funding is due and when anything was told last.
    assert reservation.item_bytes == 8 * (len(FIELDS) - 1) + 8 * len(Group) + 16 + 1 == 193


def test_each_field_has_the_age_of_its_own_group() -> None:
    made = tickers()
    made.update(0, update(MIDNIGHT, last=100.0, mark=101.0, bid=99.0))
    made.update(0, update(MIDNIGHT + SECOND, mark=102.0, ask=103.0))

    ages = {name: made.field(0, name) for name in ("last", "mark", "bid", "ask", "index")}

    assert ages == {
        "last": Stated(value=100.0, ts_recv=MIDNIGHT),
        "mark": Stated(value=102.0, ts_recv=MIDNIGHT + SECOND),
        "bid": Stated(value=99.0, ts_recv=MIDNIGHT + SECOND),
        "ask": Stated(value=103.0, ts_recv=MIDNIGHT + SECOND),
        "index": None,
    }
    assert made.received(Group.MARK).tolist() == [MIDNIGHT + SECOND, 0, 0]
    assert made.received(Group.FUNDING).tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", [field for field in FIELDS if field != "next_funding_at"])
def test_every_field_has_an_age(name: str) -> None:
    made = tickers()
    made.update(2, update(MIDNIGHT, **{name: 3.0}))

    assert made.field(2, name) == Stated(value=3.0, ts_recv=MIDNIGHT)
    assert [int(made.received(group)[2]) for group in Group].count(MIDNIGHT) == 1


def test_the_basis_is_in_basis_points_and_as_old_as_the_older_price() -> None:
    made = tickers()
    made.update(0, update(MIDNIGHT, index=100.0))
    assert made.basis(0) is None
    made.update(0, update(MIDNIGHT + SECOND, mark=100.5))

    basis = made.basis(0)

    assert basis is not None
    # 100.5 / 100 - 1 = 0.005
    assert basis.value == pytest.approx(50.0)
    assert basis.ts_recv == MIDNIGHT


def test_there_is_no_basis_against_an_index_of_nothing() -> None:
    made = tickers()
    made.update(0, update(MIDNIGHT, index=0.0, mark=100.5))

    assert made.basis(0) is None


def test_the_next_funding_is_not_known_before_it_is_told() -> None:
    made = tickers()
    assert made.next_funding_at(0) is None
    made.update(0, update(MIDNIGHT, next_funding_at=MIDNIGHT + SECOND))

    assert made.next_funding_at(0) == MIDNIGHT + SECOND


def test_a_ticker_that_was_asked_for_says_so_until_the_stream_speaks_again() -> None:
    made = tickers()

    made.update(0, msgspec.structs.replace(update(MIDNIGHT, last=100.0), is_polled=True))
    polled = made.get(0, "BTCUSDT")
    made.update(0, update(MIDNIGHT + SECOND, last=101.0))
    streamed = made.get(0, "BTCUSDT")

    assert polled is not None
    assert streamed is not None
    assert (polled.is_polled, streamed.is_polled) == (True, False)


def test_times_move_with_our_clock_where_there_are_any() -> None:
    made = tickers()
    made.update(1, update(MIDNIGHT, last=100.0))

    made.shift(-SECOND)

    ticker = made.get(1, "BTCUSDT")
    assert ticker is not None
    assert ticker.ts_recv == MIDNIGHT - SECOND
    assert made.get(0, "BTCUSDT") is None


def test_the_close_of_a_candle_is_the_last_price_at_its_end() -> None:
    made, given = tickers(), CandleColumns(2)
    given.extend(
        np.array([1, 0]), np.array([MIDNIGHT, MIDNIGHT]), {name: np.array([5.0, 6.0]) for name in FIGURES}
    )  # fmt: skip

    made.take(given, 60 * SECOND)

    assert made.field(0, "last") == Stated(value=6.0, ts_recv=MIDNIGHT + 60 * SECOND)
    assert made.field(1, "last") == Stated(value=5.0, ts_recv=MIDNIGHT + 60 * SECOND)
    assert made.field(0, "mark") is None


def test_the_next_fundings_of_all_slots_are_a_copy_and_zero_where_they_are_not_known() -> None:
    made = tickers()
    made.update(1, TickerUpdate(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="X", next_funding_at=MIDNIGHT + SECOND))

    due = made.fundings_due()
    due[0] = 7

    assert made.fundings_due()[:2].tolist() == [0, MIDNIGHT + SECOND]
