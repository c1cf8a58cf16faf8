import pytest

from tidemark.sim.survey import Grid, Survey, understand

DEEP = b'{"x":' + b"[" * 9999
TRADE = (
    b'{"stream":"btcusdt@trade","data":{"e":"trade","E":9,"T":8,"s":"BTCUSDT","t":5,"p":"618.3","q":"0.006","m":false}}'
)
AGGREGATE = b'{"e":"aggTrade","E":9,"a":3,"s":"ETHUSDT","p":"2500.00","q":"1.25","f":1,"l":2,"T":8,"m":true}'
BYBIT = (
    b'{"topic":"publicTrade.XRPUSDT","type":"snapshot","ts":7,"data":['
    b'{"T":6,"s":"XRPUSDT","S":"Sell","v":"12","p":"1.9501","L":"MinusTick","i":"id","BT":false,"seq":5}]}'
)


def grid(*texts: str) -> tuple[float, int]:
    made = Grid()
    for text in texts:
        made.see(text)
    return made.step, made.decimals


def test_the_step_is_the_greatest_common_divisor() -> None:
    assert grid("61800.30", "61800.10", "61795.70") == (0.1, 1)
    assert grid("0.15", "0.25", "0.40") == (0.05, 2)
    assert grid("100", "300", "50") == (50.0, 0)


def test_a_price_that_never_changes_gives_only_its_last_digit() -> None:
    assert grid("61800.30", "61800.30") == (0.1, 1)


def test_zero_says_nothing_of_the_grid() -> None:
    assert grid("0.00000", "1.5", "2.0") == (0.5, 1)


@pytest.mark.parametrize(
    ("payload", "stream", "kind", "symbol"),
    [
        (TRADE, "btcusdt@trade", "trade", "BTCUSDT"),
        (AGGREGATE, "ethusdt@aggTrade", "aggTrade", "ETHUSDT"),
        (BYBIT, "publicTrade.XRPUSDT", "publicTrade", "XRPUSDT"),
        (b'{"topic":"kline.1.BTCUSDT","data":[],"ts":1}', "kline.1.BTCUSDT", "kline", "BTCUSDT"),
        (b'{"stream":"!ticker@arr","data":[]}', "!ticker@arr", "arr", "!TICKER"),
        (b'{"e":"kline","s":"AUSDT","k":{"o":"1","c":"1","h":"1","l":"1","v":"1","i":"5m"}}', "ausdt@kline_5m", "kline",
         "AUSDT"),
        (b'{"topic":"orderbook.50.BTCUSDT","data":{}}', "orderbook.50.BTCUSDT", "orderbook", "BTCUSDT"),
        (b'{"lastUpdateId":1,"bids":[]}', "", "", ""),
    ],
)  # fmt: skip
def test_a_frame_is_understood_by_its_envelope_or_its_event(
    payload: bytes, stream: str, kind: str, symbol: str
) -> None:
    told = understand(payload)

    assert (told.stream, told.kind, told.symbol) == (stream, kind, symbol)


def test_the_inside_of_an_envelope_is_kept_verbatim() -> None:
    told = understand(TRADE)

    assert told.is_enveloped
    assert b'{"stream":"btcusdt@trade","data":' + told.inside + b"}" == TRADE


def test_a_survey_finds_markets_streams_and_the_start() -> None:
    survey = Survey()
    for k, payload in enumerate(
        (TRADE, AGGREGATE, BYBIT, b'{"lastUpdateId":1}', b"not json", b'{"stream":"x@trade"}', DEEP)
    ):
        survey.see(1_000_000 + k, payload)

    assert [(m.symbol, m.base, m.quote) for m in survey.markets()] == [
        ("BTCUSDT", "BTC", "USDT"), ("ETHUSDT", "ETH", "USDT"), ("XRPUSDT", "XRP", "USDT"),
    ]  # fmt: skip
    assert survey.streams == {"btcusdt@trade", "ethusdt@aggTrade", "publicTrade.XRPUSDT"}
    assert survey.has_single_trades == {"BTCUSDT"}
    assert (survey.frames, survey.skipped, survey.first_ns) == (3, 4, 1_000_000)


def test_a_book_alone_tells_the_grid() -> None:
    survey = Survey()
    survey.see(
        1,
        b'{"topic":"orderbook.50.XRPUSDT","type":"snapshot","ts":1,"data":{"s":"XRPUSDT",'
        b'"b":[["1.9501","10"],["1.9499","0"]],"a":[["1.9503","25"]],"u":1,"seq":2}}',
    )

    # 1.9501 and 1.9503 have only their last digit in common; the emptied level does not count.
    assert [(m.symbol, m.tick_size, m.lot_size) for m in survey.markets()] == [("XRPUSDT", 0.0001, 5.0)]
