"""What the scanner reads, it reads as the decoder does; what it does not read, it leaves alone."""

import json
from random import Random

import msgspec
import numpy as np
import pytest
from benchmarks.material.frames import START_NS, SYMBOLS, bybit
from tests.kernels_modes import load_pure

from tidemark.ingest.venues.bybit import wire
from tidemark.kernels import scan_bybit_trades
from tidemark.kernels.columns import TradeColumns
from tidemark.kernels.scan_bybit_trades import BybitTradeScanner

_DECODER = msgspec.json.Decoder(wire.UncheckedTradeFrame, strict=False)
_SLOTS = {"BTCUSDT": 0, "ETHUSDT": 1}
_IS_COMPILED = not scan_bybit_trades.__file__.endswith(".py")
compiled = pytest.mark.skipif(not _IS_COMPILED, reason="uncompiled, the scanner leaves every frame to the decoder")

_ROW = (
    '{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick",'
    '"i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"seq":1783284617}'
)


def frame(*rows: str) -> bytes:
    return f'{{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{",".join(rows)}]}}'.encode()


def scanned(payload: bytes, slots: dict[str, int] = _SLOTS, room: int = 64) -> list[tuple[float, ...]] | None:
    columns = TradeColumns(room)
    done = BybitTradeScanner(slots).scan(payload, 7, columns)
    assert (done == 1) == (columns.count > 0)
    return [tuple(column[i].item() for column in columns.arrays) for i in range(columns.count)] if done == 1 else None


def decoded(payload: bytes, slots: dict[str, int] = _SLOTS, room: int = 64) -> list[tuple[float, ...]] | None:
    columns = TradeColumns(room)
    try:
        refused = columns.extend(_DECODER.decode(payload).data, slots, 7)
    except (msgspec.MsgspecError, OverflowError, UnicodeError):
        return None
    if refused:
        return None
    return [tuple(column[i].item() for column in columns.arrays) for i in range(columns.count)]


@compiled
def test_a_row_is_read_into_its_columns() -> None:
    rows = scanned(frame(_ROW, _ROW.replace("Buy", "Sell").replace("16578.50", "3")))

    assert rows is not None
    assert [row[:3] for row in rows] == [(0, 1672304486865000000, 7)] * 2
    assert [row[4:] for row in rows] == [(1783284617, 16578.5, 0.001, 1), (1783284617, 3.0, 0.001, 0)]
    assert rows == decoded(frame(_ROW, _ROW.replace("Buy", "Sell").replace("16578.50", "3")))


@compiled
@pytest.mark.parametrize(
    "row",
    [
        _ROW.replace(',"seq":1783284617', ""),
        _ROW.replace(',"BT":false', ',"BT":true,"RPI":true,"X":"","n":12'),
        _ROW.replace('"L":"PlusTick",', ""),
        _ROW.replace('"s":"BTCUSDT","S":"Buy"', '"S":"Buy","s":"ETHUSDT"'),
        _ROW.replace("16578.50", "0.00000001"),
        _ROW.replace("16578.50", "123456789.1234567"),
        _ROW.replace("16578.50", "9007199254740992"),
        _ROW.replace("20f43950-d8dd-5b31-9112-a178eb6023af", ""),
        _ROW.replace("20f43950-d8dd-5b31-9112-a178eb6023af", "7"),
        _ROW.replace("20f43950-d8dd-5b31-9112-a178eb6023af", "12345678"),
    ],
)
def test_what_the_exchange_may_vary_is_read(row: str) -> None:
    rows = scanned(frame(row))

    assert rows is not None
    assert rows == decoded(frame(row))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        frame(),
        frame(_ROW)[:-1],
        frame(_ROW) + b" ",
        frame(_ROW).replace(b'"ts":', b'"ts": '),
        frame(_ROW).replace(b"publicTrade.", b"publicTrady."),
        frame(_ROW.replace("BTCUSDT", "XRPUSDT")),
        frame(_ROW.replace("Buy", "buy")),
        frame(_ROW.replace('"Buy"', '"Sellx"')),
        frame(_ROW.replace('"p":"16578.50"', '"p":16578.50')),
        frame(_ROW.replace("16578.50", "016578.50")),
        frame(_ROW.replace("16578.50", "16578.")),
        frame(_ROW.replace("16578.50", ".5")),
        frame(_ROW.replace("16578.50", "1e5")),
        frame(_ROW.replace("16578.50", "-1")),
        frame(_ROW.replace("16578.50", "0")),
        frame(_ROW.replace("16578.50", "")),
        frame(_ROW.replace("16578.50", "0.12345678901234567890123")),
        frame(_ROW.replace("16578.50", "9007199254740993")),
        frame(_ROW.replace("1672304486865", "1")),
        frame(_ROW.replace("1672304486865", "9999999999999999")),
        frame(_ROW.replace("1672304486865", '"1672304486865"')),
        frame(_ROW.replace("1672304486865", "16723044868.65")),
        frame(_ROW.replace("1783284617", "17832846171783284617")),
        frame(_ROW.replace("1783284617", "1.5")),
        frame(_ROW.replace('"BT":false', '"BT":null')),
        frame(_ROW.replace('"BT":false', '"BT":[1]')),
        frame(_ROW.replace('"BT":false', '"p":"2"')),
        frame(_ROW.replace("20f4", "\\u0041")),
        frame(_ROW.replace("20f4", "ä")),
        frame(_ROW.replace('"s":"BTCUSDT",', "")),
        frame(_ROW, _ROW)[:-3] + b",]}",
        frame(_ROW).replace(b'"ts":1672304486868', b'"data":[]'),
    ],
)
def test_what_is_not_plain_is_left_to_the_decoder(payload: bytes) -> None:
    assert scanned(payload) is None


@compiled
@pytest.mark.parametrize(
    ("payload", "done"),
    [
        (frame(_ROW), 1),
        (b'{"topic":"tickers.BTCUSDT"}', 0),
        (b"", 0),
        (frame(_ROW.replace("BTCUSDT", "XRPUSDT")), 0),
        (frame(_ROW, _ROW.replace("BTCUSDT", "XRPUSDT")), 0),
        (frame(_ROW)[:-1], -1),
        (frame(_ROW.replace("Buy", "buy")), -1),
    ],
)
def test_it_says_whether_a_frame_was_its_own_and_surprised_it(payload: bytes, done: int) -> None:
    columns = TradeColumns(8)

    assert BybitTradeScanner(_SLOTS).scan(payload, 7, columns) == done
    assert columns.count == max(done, 0)


@compiled
def test_a_symbol_that_leaves_is_no_longer_read() -> None:
    slots = dict(_SLOTS)
    scanner, columns = BybitTradeScanner(slots), TradeColumns(8)

    slots["BTCUSDT"] = 5
    assert scanner.scan(frame(_ROW), 7, columns) == 1
    del slots["BTCUSDT"]

    assert scanner.scan(frame(_ROW), 7, columns) == 0
    assert columns.arrays[0][:2].tolist() == [5, 0]


@compiled
@pytest.mark.parametrize("payload", ["text", 7, None])
def test_what_is_no_buffer_is_an_error(payload: object) -> None:
    with pytest.raises(TypeError):
        BybitTradeScanner(_SLOTS).scan(payload, 7, TradeColumns(8))


@compiled
def test_rows_that_do_not_fit_are_left_to_the_decoder() -> None:
    assert scanned(frame(*[_ROW] * 4), room=4) is not None
    assert scanned(frame(*[_ROW] * 5), room=4) is None
    assert scanned(frame(*[_ROW] * 4096), room=5000) is not None
    assert scanned(frame(*[_ROW] * 4097), room=5000) is None


@compiled
def test_rows_are_written_behind_those_that_are_there() -> None:
    columns = TradeColumns(8)

    columns.count = 3
    done = BybitTradeScanner(_SLOTS).scan(memoryview(frame(_ROW, _ROW)), 7, columns)

    assert (done, columns.count) == (1, 5)
    assert columns.arrays[1][:6].tolist() == [0, 0, 0, 1672304486865000000, 1672304486865000000, 0]


@compiled
def test_every_frame_of_a_synthetic_market_is_read_as_the_decoder_reads_it() -> None:
    slots = {symbol: slot for slot, symbol in enumerate(SYMBOLS)}

    for payload in bybit(2000, 2).payloads:
        rows = scanned(payload, slots)
        assert rows is not None
        assert rows == decoded(payload, slots)


@compiled
def test_prices_of_any_length_are_the_doubles_that_the_decoder_gives() -> None:
    rng = Random(3)
    read = 0
    for _ in range(3000):
        text = f"{rng.getrandbits(rng.randrange(1, 60))}.{rng.getrandbits(rng.randrange(1, 40))}"
        payload = frame(_ROW.replace("16578.50", text))
        rows = scanned(payload)
        if rows is not None:
            read += 1
            assert rows == decoded(payload)
            assert rows[0][5] == float(text)

    assert read > 500


def test_a_broken_frame_is_never_read_otherwise_than_by_the_decoder() -> None:
    rng = Random(4)
    payloads = bybit(40, 1).payloads
    slots = {symbol: slot for slot, symbol in enumerate(SYMBOLS)}
    for _ in range(20_000):
        broken = bytearray(rng.choice(payloads))
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(22, len(broken))
            match rng.randrange(4):
                case 0:
                    broken[at] = rng.randrange(256)
                case 1:
                    del broken[at : at + rng.randrange(1, 12)]
                case 2:
                    broken.insert(at, rng.choice(b'",:{}[]0.1-e\\ns '))
                case _:
                    start = rng.randrange(22, len(broken))
                    broken[at:at] = broken[start : start + rng.randrange(1, 40)]
            if len(broken) < 40:
                break
        rows = scanned(bytes(broken), slots)
        assert rows is None or rows == decoded(bytes(broken), slots), bytes(broken)


def test_uncompiled_every_frame_is_left_to_the_decoder() -> None:
    pure = load_pure("scan_bybit_trades")
    columns = TradeColumns(4)

    assert pure.BybitTradeScanner(_SLOTS).scan(frame(_ROW), START_NS, columns) == 0
    assert columns.count == 0
    assert columns.arrays[1].tolist() == np.zeros(4, np.int64).tolist()


def test_recorded_layout_is_json() -> None:
    assert json.loads(frame(_ROW))["data"][0]["s"] == "BTCUSDT"
