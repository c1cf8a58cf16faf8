"""What the scanner of Binance's books reads, and what it leaves to the decoder; see tests/property for their accord."""

import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import scan_binance_book
from tidemark.kernels.book_columns import BookColumns
from tidemark.kernels.scan_binance_book import BinanceBookScanner

_SLOTS = {"BTCUSDT": 3, "BTCUSDT_261225": 4}
_IS_COMPILED = not scan_binance_book.__file__.endswith(".py")
compiled = pytest.mark.skipif(not _IS_COMPILED, reason="uncompiled, the scanner leaves every frame to the decoder")

RAW = (
    b'{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,'
    b'"pu":5123107831937,"b":[["58710.20","0.014"],["61510.90","0.000"]],"a":[["61800.00","1"]]}'
)
DEPTH = b'{"stream":"btcusdt@depth@100ms","data":' + RAW + b"}"


def scan(frame: bytes, columns: BookColumns) -> int:
    done: int = BinanceBookScanner(_SLOTS).scan(frame, 7, columns)
    return done


@compiled
@pytest.mark.parametrize("frame", [RAW, DEPTH, DEPTH.replace(b"@100ms", b"@0ms"), DEPTH.replace(b"@100ms", b"")])
def test_a_delta_is_read_into_its_columns(frame: bytes) -> None:
    columns = BookColumns(4, 8)

    assert scan(frame, columns) == 1

    # slot, is_snapshot, ts_event, ts_recv, first, update, previous, start, bids, asks
    row = tuple(column[0].item() for column in columns.arrays[:10])
    assert row == (3, 0, 1723161256298000000, 7, 5123107832006, 5123107837557, 5123107831937, 0, 2, 1)
    assert (columns.count, columns.filled) == (1, 3)
    assert columns.arrays[10][:3].tolist() == [58710.2, 61510.9, 61800.0]
    assert columns.arrays[11][:3].tolist() == [0.014, 0.0, 1.0]


@compiled
def test_messages_and_levels_go_behind_those_that_are_there() -> None:
    columns = BookColumns(4, 8)

    assert [scan(DEPTH, columns), scan(RAW, columns)] == [1, 1]

    assert columns.arrays[7][:2].tolist() == [0, 3]
    assert columns.arrays[10][:6].tolist() == [58710.2, 61510.9, 61800.0] * 2


@compiled
@pytest.mark.parametrize(
    "frame",
    [
        DEPTH.replace(b'"E":1723161256299', b'"ps":"BTCUSDT","RPI":true'),
        DEPTH.replace(b'"pu":', b'"st":1,"pu":'),
        DEPTH.replace(b'"U":5123107832006,"u":5123107837557', b'"u":5123107837557,"U":5123107832006'),
        DEPTH.replace(b'[["61800.00","1"]]', b"[]"),
    ],
)
def test_what_the_exchange_may_vary_is_read(frame: bytes) -> None:
    assert scan(frame, BookColumns(4, 8)) == 1


@compiled
@pytest.mark.parametrize(
    "frame",
    [
        DEPTH[:-1],
        RAW + b"}",
        DEPTH.replace(b'"pu":5123107831937,', b""),
        DEPTH.replace(b'"pu":5123107831937', b'"pu":null'),
        DEPTH.replace(b'"T":1723161256298,', b""),
        DEPTH.replace(b'"T":1723161256298', b'"T":0'),
        DEPTH.replace(b'"pu":', b'"st":2,"pu":'),
        DEPTH.replace(b'"pu":', b'"e":"trade","pu":'),
        DEPTH.replace(b'"pu":', b'"u":1,"pu":'),
        DEPTH.replace(b'"s":"BTCUSDT"', b'"s":"BTCUSDT_261225"'),
        DEPTH.replace(b'"b":[["58710.20","0.014"],["61510.90","0.000"]],"a":[["61800.00","1"]]', b'"a":[],"b":[]'),
        DEPTH.replace(b'"1"', b'"-1"'),
        DEPTH.replace(b'"1"', b"1"),
        DEPTH.replace(b'"61800.00"', b'"0"'),
        DEPTH.replace(b'"61800.00"', b'"618000000000000.001"'),
    ],
)
def test_what_is_not_plain_or_not_linear_is_a_surprise(frame: bytes) -> None:
    columns = BookColumns(4, 8)

    assert scan(frame, columns) == -1
    assert (columns.count, columns.filled) == (0, 0)


@compiled
@pytest.mark.parametrize(
    "frame",
    [
        b"",
        DEPTH.replace(b"depthUpdate", b"depth"),
        DEPTH.replace(b'"s":"BTCUSDT"', b'"s":"XYZUSDT"'),
        DEPTH.replace(b"@depth@", b"@depth5@"),
        DEPTH.replace(b"@depth@100ms", b"@depth20"),
    ],
)
def test_what_is_not_for_it_is_no_surprise(frame: bytes) -> None:
    assert scan(frame, BookColumns(4, 8)) == 0


@compiled
@pytest.mark.parametrize(("size", "done"), [((1, 3), 1), ((1, 2), -1), ((0, 3), -1)])
def test_what_does_not_fit_is_left_to_the_decoder(size: tuple[int, int], done: int) -> None:
    assert scan(DEPTH, BookColumns(*size)) == done


@compiled
@pytest.mark.parametrize("frame", [RAW, DEPTH])
def test_no_frame_that_is_cut_short_is_read(frame: bytes) -> None:
    assert [scan(frame[:length], BookColumns(4, 8)) for length in range(len(frame))].count(1) == 0


def test_uncompiled_every_frame_is_left_to_the_decoder() -> None:
    columns = BookColumns(4, 8)

    assert load_pure("scan_binance_book").BinanceBookScanner(_SLOTS).scan(DEPTH, 7, columns) == 0
    assert columns.count == 0
