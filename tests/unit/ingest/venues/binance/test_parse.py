import pytest

from tidemark.errors import FrameError
from tidemark.ingest.venues.base import MAX_FRAME_ROWS
from tidemark.ingest.venues.binance.parse import BinanceParser, is_perpetual
from tidemark.model.batch import Batch
from tidemark.model.events import BookDelta

TRADE = b'{"stream":"x","data":{"e":"aggTrade","s":"BTCUSDT","a":%d,"p":"1","q":"1","T":1675759520847,"m":false}}'
TICKER = b'{"e":"24hrTicker","E":1672515782136,"s":"A%dUSDT","c":"1","o":"1","h":"1","l":"1","v":"1","q":"1"}'


@pytest.mark.parametrize(
    ("symbol", "perpetual"),
    [
        ("BTCUSDT", True),
        ("币安人生USDT", True),
        ("BTCUSDT_261225", False),
        ("BTCUSD_PERP", False),
    ],
)
def test_perpetuals_are_told_by_their_names(symbol: str, perpetual: bool) -> None:
    assert is_perpetual(symbol) is perpetual


def test_slots_may_change_while_the_parser_lives() -> None:
    slots: dict[str, int] = {}
    parser, batch = BinanceParser(slots), Batch()

    parser.feed(TRADE % 1, 5, batch)
    slots["BTCUSDT"] = 2
    parser.feed(TRADE % 2, 5, batch)

    assert batch.trades.count == 1
    assert batch.trades.arrays[3][0] == 2


def test_more_rows_than_any_honest_array_has_are_refused() -> None:
    rows = b",".join(TICKER % number for number in range(MAX_FRAME_ROWS + 1))
    parser = BinanceParser({})

    for frame in (b'{"stream":"!ticker@arr","data":[' + rows + b"]}", b"[" + rows + b"]"):
        with pytest.raises(FrameError) as caught:
            parser.parse(frame, 5)
        assert caught.value.kind == "oversized"


def test_a_partial_book_is_told_from_changes_by_its_stream_alone() -> None:
    frame = b'{"e":"depthUpdate","T":1723161256298,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[["1","0"]],"a":[]}'

    (event,) = BinanceParser({}).parse(frame, 5)

    assert isinstance(event, BookDelta)


def test_an_array_without_one_usable_row_is_refused() -> None:
    with pytest.raises(FrameError) as caught:
        BinanceParser({}).parse(b'[{"e":"24hrTicker","E":5},{"e":"24hrTicker"}]', 5)

    assert caught.value.kind in {"bad_time", "malformed"}
