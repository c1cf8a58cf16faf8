"""What the scanner of books reads, and what it leaves to the decoder. That both agree is held by tests/property."""

import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import scan_bybit_book
from tidemark.kernels.book_columns import BookColumns
from tidemark.kernels.scan_bybit_book import BybitBookScanner

_SLOTS = {"BTCUSDT": 3, "BTCUSDC": 4}
_IS_COMPILED = not scan_bybit_book.__file__.endswith(".py")
compiled = pytest.mark.skipif(not _IS_COMPILED, reason="uncompiled, the scanner leaves every frame to the decoder")

DELTA = (
    b'{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1789470134595,"data":{"s":"BTCUSDT",'
    b'"b":[["77256.80","0.007"],["77256.70","0"]],"a":[["77257.10","0.013"]],"u":18760,"seq":9685122321},'
    b'"cts":1789470134590}'
)
SNAPSHOT = DELTA.replace(b"delta", b"snapshot").replace(b'"0"', b'"1"')


def scan(frame: bytes, columns: BookColumns) -> int:
    done: int = BybitBookScanner(_SLOTS).scan(frame, 7, columns)
    return done


def messages(columns: BookColumns) -> list[tuple[int, ...]]:
    return [tuple(column[row].item() for column in columns.arrays[:10]) for row in range(columns.count)]


@compiled
def test_a_delta_is_read_into_its_columns() -> None:
    columns = BookColumns(4, 8)

    assert scan(DELTA, columns) == 1

    # slot, is_snapshot, ts_event, ts_recv, first, update, previous, start, bids, asks
    assert messages(columns) == [(3, 0, 1789470134590000000, 7, -1, 18760, -1, 0, 2, 1)]
    assert columns.filled == 3
    assert columns.arrays[10][:3].tolist() == [77256.8, 77256.7, 77257.1]
    assert columns.arrays[11][:3].tolist() == [0.007, 0.0, 0.013]


@compiled
def test_messages_and_levels_go_behind_those_that_are_there() -> None:
    columns = BookColumns(4, 8)

    assert scan(DELTA, columns) == 1
    assert scan(SNAPSHOT, columns) == 1

    assert [row[1] for row in messages(columns)] == [0, 1]
    assert [row[7:] for row in messages(columns)] == [(0, 2, 1), (3, 2, 1)]
    assert columns.arrays[11][:6].tolist() == [0.007, 0.0, 0.013, 0.007, 1.0, 0.013]


@compiled
def test_without_the_time_of_the_engine_it_is_that_of_the_message() -> None:
    columns = BookColumns(4, 8)

    assert scan(DELTA.replace(b',"cts":1789470134590', b""), columns) == 1

    assert messages(columns)[0][2] == 1789470134595000000


@compiled
@pytest.mark.parametrize(
    "frame",
    [
        DELTA.replace(b',"seq":9685122321', b""),
        DELTA.replace(b'"u":', b'"X":"y","ZZ":true,"YYY":1,"long name":"z","u":'),
        DELTA.replace(b'"b":[["77256.80","0.007"],["77256.70","0"]]', b'"b":[]'),
        DELTA.replace(b'"type":"delta","ts":1789470134595', b'"ts":1789470134595,"v":1,"type":"delta"'),
        DELTA.replace(b'"u":18760,"seq":9685122321}', b'"seq":9685122321,"u":1}'),
        DELTA.replace(b"18760", b"999999999999999999"),
        DELTA.replace(b"77256.80", b"123456789.12345"),
        DELTA.replace(b"77256.80", b"12345678.5"),
        DELTA.replace(b"77256.80", b"0.0000001"),
    ],
)
def test_what_the_exchange_may_vary_is_read(frame: bytes) -> None:
    assert scan(frame, BookColumns(4, 8)) == 1


@compiled
@pytest.mark.parametrize(
    "frame",
    [
        DELTA[:-1],
        DELTA + b" ",
        DELTA.replace(b'"u":18760', b'"u": 18760'),
        DELTA.replace(b'"u":18760,', b""),
        DELTA.replace(b'"u":18760', b'"u":18760,"u":18761'),
        DELTA.replace(b"18760", b"1000000000000000000"),
        DELTA.replace(b"18760", b"018760"),
        DELTA.replace(b"18760", b"-1"),
        DELTA.replace(b"18760", b"null"),
        DELTA.replace(b'"ts":1789470134595', b'"ts":1'),
        DELTA.replace(b'"cts":1789470134590', b'"cts":null'),
        DELTA.replace(b"delta", b"deltas"),
        DELTA.replace(b"BTCUSDT", b"BTCUSDC"),
        DELTA.replace(b'"b":', b'"bb":'),
        DELTA.replace(b'"0"', b'"-1"'),
        DELTA.replace(b'"0"', b'"1e2"'),
        DELTA.replace(b'"0"', b'"NaN"'),
        DELTA.replace(b'"0"', b"0"),
        DELTA.replace(b'"0"', b'"0","1"'),
        DELTA.replace(b'"77256.70"', b'"0.00"'),
        DELTA.replace(b'"77256.70"', b'"77256."'),
        DELTA.replace(b'"77256.70"', b'".5"'),
        DELTA.replace(b'"77256.70"', b'""'),
        DELTA.replace(b'"77256.70"', b'"7.25.6"'),
        DELTA.replace(b'"77256.70"', b'"9007199254740993"'),
        DELTA.replace(b'"b":[["77256.80","0.007"],["77256.70","0"]],"a":[["77257.10","0.013"]]', b'"a":[],"b":[]'),
        DELTA.replace(b"delta", b"snapshot"),
    ],
)
def test_what_is_not_plain_is_a_surprise(frame: bytes) -> None:
    columns = BookColumns(4, 8)

    assert scan(frame, columns) == -1
    assert (columns.count, columns.filled) == (0, 0)


@compiled
@pytest.mark.parametrize("frame", [b"", b"{}", b'{"topic":"tickers.BTCUSDT"}', DELTA.replace(b"BTCUSDT", b"XYZUSDT")])
def test_what_is_not_for_it_is_no_surprise(frame: bytes) -> None:
    assert scan(frame, BookColumns(4, 8)) == 0


@compiled
@pytest.mark.parametrize(("size", "done"), [((1, 3), 1), ((1, 2), -1), ((1, 1), -1), ((0, 3), -1)])
def test_what_does_not_fit_is_left_to_the_decoder(size: tuple[int, int], done: int) -> None:
    assert scan(DELTA, BookColumns(*size)) == done


@compiled
def test_more_levels_than_any_book_has_are_a_surprise() -> None:
    full = b",".join([b'["1","1"]'] * 4096)

    assert scan(DELTA.replace(b'["77257.10","0.013"]', full), BookColumns(1, 9000)) == 1
    assert scan(DELTA.replace(b'["77257.10","0.013"]', full + b',["1","1"]'), BookColumns(1, 9000)) == -1


@compiled
def test_no_frame_that_is_cut_short_is_read() -> None:
    assert [scan(DELTA[:length], BookColumns(4, 8)) for length in range(len(DELTA))].count(1) == 0


def test_uncompiled_every_frame_is_left_to_the_decoder() -> None:
    columns = BookColumns(4, 8)

    assert load_pure("scan_bybit_book").BybitBookScanner(_SLOTS).scan(DELTA, 7, columns) == 0
    assert columns.count == 0
