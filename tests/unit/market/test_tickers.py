import math

import msgspec
import numpy as np
import pytest
from tests.build import MIDNIGHT

from tidemark.market.tickers import Tickers
from tidemark.memory.ledger import Ledger
from tidemark.model.events import TickerUpdate
from tidemark.units import SECOND

FIELDS = TickerUpdate.__struct_fields__[3:]


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

    assert reservation.item_bytes == 8 * (len(FIELDS) - 1) + 16 == 136
