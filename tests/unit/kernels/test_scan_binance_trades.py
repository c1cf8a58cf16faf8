"""What the scanner of Binance trades reads, and what it leaves to the decoder; see tests/property for their accord."""

import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import scan_binance_trades
from tidemark.kernels.columns import TradeColumns
from tidemark.kernels.scan_binance_trades import BinanceTradeScanner

_SLOTS = {"BTCUSDT": 3, "BTCUSDT_261225": 4}
_IS_COMPILED = not scan_binance_trades.__file__.endswith(".py")
compiled = pytest.mark.skipif(not _IS_COMPILED, reason="uncompiled, the scanner leaves every frame to the decoder")

RAW = (
    b'{"e":"aggTrade","E":1791382992488,"a":3477868433,"s":"BTCUSDT","p":"83091.70","q":"0.022","nq":"0.022",'
    b'"f":8153634393,"l":8153634394,"T":1791382992338,"m":false,"st":1}'
)
AGG = b'{"stream":"btcusdt@aggTrade","data":' + RAW + b"}"
TRADE = (
    b'{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256320,"s":"BTCUSDT","t":5266583935,'
    b'"p":"61800.30","q":"0.006","X":"MARKET","m":true}}'
)


def scan(frame: bytes, columns: TradeColumns) -> int:
    done: int = BinanceTradeScanner(_SLOTS).scan(frame, 7, columns)
    return done


@compiled
@pytest.mark.parametrize(
    ("frame", "row"),
    [
        (RAW, (3, 1791382992338000000, 7, 3477868433, 3477868433, 83091.7, 0.022, 1)),
        (AGG, (3, 1791382992338000000, 7, 3477868433, 3477868433, 83091.7, 0.022, 1)),
        (TRADE, (3, 1723161256320000000, 7, 5266583935, 5266583935, 61800.3, 0.006, 0)),
    ],
)
def test_a_trade_is_read_into_its_columns(frame: bytes, row: tuple[float, ...]) -> None:
    columns = TradeColumns(2)

    assert scan(frame, columns) == 1

    assert columns.count == 1
    assert tuple(column[0].item() for column in columns.arrays) == row


@compiled
@pytest.mark.parametrize(
    "frame",
    [
        AGG.replace(b',"st":1', b""),
        AGG.replace(b',"nq":"0.022"', b',"new":true,"longer name":"x"'),
        AGG.replace(b'"p":"83091.70","q":"0.022"', b'"q":"0.022","p":"83091.70"'),
        AGG.replace(b'"f":', b'"X":"ADL","t":'),
        TRADE.replace(b'"X":"MARKET",', b""),
        TRADE.replace(b'"E":', b'"a":'),
    ],
)
def test_what_the_exchange_may_vary_is_read(frame: bytes) -> None:
    assert scan(frame, TradeColumns(2)) == 1


@compiled
@pytest.mark.parametrize(
    "frame",
    [
        AGG[:-1],
        AGG + b"}",
        RAW + b"}",
        RAW[:-1],
        AGG.replace(b'"st":1', b'"st":2'),
        AGG.replace(b'"st":1', b'"M":true'),
        AGG.replace(b'"st":1', b'"M":null'),
        AGG.replace(b'"st":1', b'"st":"1"'),
        AGG.replace(b'"st":1', b'"e":"trade"'),
        AGG.replace(b'"st":1', b'"p":"1"'),
        AGG.replace(b'"s":"BTCUSDT"', b'"s":"BTCUSDT_261225"'),
        AGG.replace(b'"m":false', b'"m":0'),
        AGG.replace(b'"m":false,', b""),
        AGG.replace(b"3477868433", b"1234567890123456789"),
        AGG.replace(b"1791382992338", b"1791382992"),
        AGG.replace(b"83091.70", b"0"),
        AGG.replace(b"83091.70", b"1e5"),
        AGG.replace(b'"0.022","nq"', b'"0.000","nq"'),
        TRADE.replace(b'"MARKET"', b'"ADL"'),
        TRADE.replace(b'"MARKET"', b'"MARKETS"'),
        TRADE.replace(b'"t":', b'"a":'),
    ],
)
def test_what_is_not_plain_or_not_linear_is_a_surprise(frame: bytes) -> None:
    columns = TradeColumns(2)

    assert scan(frame, columns) == -1
    assert columns.count == 0


@compiled
@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{}",
        AGG.replace(b"aggTrade", b"kline"),
        AGG.replace(b'"s":"BTCUSDT"', b'"s":"XYZUSDT"'),
        b'{"stream":"btcusdt@aggTrade","data":[' + RAW + b"]}",
        AGG.replace(b"btcusdt@", b"btc\\u0075sdt@"),
    ],
)
def test_what_is_not_for_it_is_no_surprise(frame: bytes) -> None:
    assert scan(frame, TradeColumns(2)) == 0


@compiled
def test_full_columns_are_left_alone() -> None:
    columns = TradeColumns(1)

    assert [scan(AGG, columns), scan(AGG, columns), columns.count] == [1, -1, 1]


@compiled
@pytest.mark.parametrize("frame", [RAW, AGG, TRADE])
def test_no_frame_that_is_cut_short_is_read(frame: bytes) -> None:
    assert [scan(frame[:length], TradeColumns(2)) for length in range(len(frame))].count(1) == 0


def test_uncompiled_every_frame_is_left_to_the_decoder() -> None:
    columns = TradeColumns(2)

    assert load_pure("scan_binance_trades").BinanceTradeScanner(_SLOTS).scan(AGG, 7, columns) == 0
    assert columns.count == 0
