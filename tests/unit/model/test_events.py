from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build import MIDNIGHT, instrument

from tidemark.model import events
from tidemark.model.events import (
    ControlEvent,
    Event,
    Listing,
    MarketEvent,
    StreamGap,
    Tick,
    TickerUpdate,
    Trade,
    Trades,
)
from tidemark.model.timeframe import Timeframe

KINDS = get_args(MarketEvent)
decoder = msgspec.json.Decoder(MarketEvent)


def test_the_union_holds_every_event_there_is() -> None:
    defined = {
        kind
        for kind in vars(events).values()
        if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
    }
    assert set(KINDS) == defined
    assert set(get_args(ControlEvent)) < defined


def test_each_event_has_a_tag_of_its_own() -> None:
    tags = [kind.__struct_config__.tag for kind in KINDS]
    assert len(set(tags)) == len(KINDS)
    assert None not in tags


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_comes_back_from_its_json(kind: type[Event]) -> None:
    values = {
        "symbol": "币安人生USDT",
        "trade_id": "a-1",
        "price": 61800.1,
        "size": 0.001,
        "is_buy": False,
        "sequence": 2**62,
        "timeframe": Timeframe.M5,
        "open_time": MIDNIGHT,
        "open": 1.0,
        "high": 2.0,
        "low": 0.5,
        "close": 1.5,
        "volume": 3.0,
        "turnover": 4.0,
        "is_closed": True,
        "update_id": 7,
        "bids": ((1.0, 2.0),),
        "asks": (),
        "rate": -0.0001,
        "due_at": MIDNIGHT,
        "value": 5.0,
        "long_share": 0.25,
        "is_long": True,
        "is_shed": True,
        "level": 3,
        "venue": "bybit",
        "channel": "trades",
        "symbols": ("BTCUSDT",),
        "cause": "lost",
        "instrument": instrument(),
        "first": MIDNIGHT,
        "count": 1,
        "last": MIDNIGHT,
        "rows": [[MIDNIGHT, 1.0, 2.0, True, 7]] if kind is Trades else [[MIDNIGHT, 1.0, 2.0, 0.5, 1.5, 10.0, 15.0]],
    }
    required = {info.name for info in msgspec.structs.fields(kind) if info.required}
    event = msgspec.convert({"type": kind.__struct_config__.tag} | {n: values.get(n, MIDNIGHT) for n in required}, kind)

    assert decoder.decode(msgspec.json.encode(event)) == event


@given(st.floats(min_value=5e-324, max_value=1e300), st.integers(0, 2**62))
def test_numbers_survive_their_json_exactly(price: float, at: int) -> None:
    trade = Trade(ts_event=at, ts_recv=at, symbol="X", trade_id="1", price=price, size=price, is_buy=True, sequence=at)
    assert decoder.decode(msgspec.json.encode(trade)) == trade


def test_an_event_cannot_be_changed_and_tells_what_is_missing() -> None:
    tick = Tick(ts_event=1, ts_recv=1)
    with pytest.raises(AttributeError):
        tick.ts_recv = 2  # type: ignore[misc]
    with pytest.raises(TypeError, match="instrument"):
        Listing(ts_event=1, ts_recv=1)  # type: ignore[call-arg]
    with pytest.raises(msgspec.ValidationError):
        decoder.decode(b'{"type":"nosuch","ts_event":1,"ts_recv":1}')


def test_what_is_not_said_is_not_known() -> None:
    update = TickerUpdate(ts_event=1, ts_recv=1, symbol="X")
    gap = StreamGap(ts_event=1, ts_recv=1, venue="bybit", channel="trades", symbols=(), cause="start")

    assert {getattr(update, name) for name in update.__struct_fields__[3:] if name != "is_polled"} == {None}
    assert update.is_polled is False
    assert (gap.gap_from, gap.gap_to) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        b'"ts_event":9300000000000000000,"ts_recv":1',
        b'"ts_event":1,"ts_recv":4611686018427387905',
        b'"ts_event":-1,"ts_recv":1',
    ],
)
def test_a_time_that_cannot_be_is_refused(wrong: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoder.decode(b'{"type":"tick",' + wrong + b"}")
