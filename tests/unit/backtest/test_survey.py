"""A recording at a glance."""

import msgspec
import pytest
from tests.build import MIDNIGHT, instrument

from tidemark.backtest.survey import Step, survey
from tidemark.errors import CaptureError
from tidemark.ingest.venues import registry
from tidemark.model.events import Listing
from tidemark.store.capture import Kind, Record
from tidemark.units import MILLISECOND, SECOND

DEEP = b'{"type":"tick","x":' + b"[" * 9999
LATE = b'{"type":"tick","ts_event":1,"ts_recv":9223372036854775808}'
PARSER = registry.find("binance").parser({})


def frame(number: int, price: str, size: str, *, symbol: str = "BTCUSDT", recv: float = 0.0) -> Record:
    at_ms = MIDNIGHT // MILLISECOND + number
    payload = (
        f'{{"stream":"{symbol.lower()}@trade","data":{{"e":"trade","E":{at_ms},"T":{at_ms},"s":"{symbol}","t":{number},'
        f'"p":"{price}","q":"{size}","X":"MARKET","m":false}}}}'
    )
    return Record(Kind.FRAME, MIDNIGHT + round(recv * SECOND), 0, 0, payload.encode())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((61800.3, 61800.5, 61801.0), 0.1),
        ((0.5, 1.0, 2.5), 0.5),
        ((1e-07, 3e-07), 1e-07),
        ((30.0, 50.0), 10.0),
        ((), 1.0),
    ],
)
def test_the_step_is_the_largest_that_every_value_is_a_multiple_of(values: tuple[float, ...], expected: float) -> None:
    step = Step()

    for value in values:
        step.see(value)

    assert step.value == expected


def test_instruments_are_learned_from_their_trades() -> None:
    records = [
        frame(1, "61800.3", "0.010", recv=2.0),
        frame(2, "61800.5", "0.005", recv=3.0),
        frame(3, "7.25", "10", symbol="SUIUSDT", recv=9.0),
    ]

    found = survey(records, "binance", PARSER)

    assert (found.records, found.first_recv, found.last_recv) == (3, MIDNIGHT + 2 * SECOND, MIDNIGHT + 9 * SECOND)
    assert found.exchange_at == MIDNIGHT + MILLISECOND
    assert [(one.symbol, one.tick_size, one.lot_size) for one in found.instruments] == [
        ("BTCUSDT", 0.1, 0.005),
        ("SUIUSDT", 7.25, 10.0),
    ]


def test_a_recording_that_lists_its_instruments_is_believed() -> None:
    listing = Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument("ETHUSDT", 0.01))
    records = [Record(Kind.EVENT, MIDNIGHT, 0, 0, msgspec.json.encode(listing)), frame(1, "61800.3", "1")]

    found = survey(records, "binance", PARSER)

    assert found.lists_itself
    assert found.instruments == (instrument("ETHUSDT", 0.01),)


def test_frames_that_cannot_be_used_are_passed_over() -> None:
    found = survey([Record(Kind.FRAME, MIDNIGHT, 0, 0, b"not json")], "binance", PARSER)

    assert found.records == 1
    assert found.instruments == ()


@pytest.mark.parametrize("payload", [b'{"type":"tick"}', b'{"type":"\xff"}', b"", DEEP, LATE])
def test_a_damaged_event_is_named(payload: bytes) -> None:
    records = [frame(1, "1.0", "1"), Record(Kind.EVENT, MIDNIGHT, 0, 0, payload)]

    with pytest.raises(CaptureError, match="record 2 holds an event that cannot be read"):
        survey(records, "binance", PARSER)
