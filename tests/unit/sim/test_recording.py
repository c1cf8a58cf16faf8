import json

import pytest

from tidemark.errors import CaptureError
from tidemark.sim.market import Asked, Frame
from tidemark.sim.recording import Recording

START_NS = 1_763_712_000_000_000_000
START_MS = START_NS // 1_000_000
EVERYTHING: frozenset[str] = frozenset()


def trade(k: int, price: str, size: str, ms: int) -> tuple[int, bytes]:
    payload = (
        f'{{"stream":"btcusdt@trade","data":{{"e":"trade","E":{START_MS + ms},"T":{START_MS + ms},"s":"BTCUSDT",'
        f'"t":{k},"p":"{price}","q":"{size}","X":"MARKET","m":{"true" if k % 2 else "false"}}}}}'
    )
    return START_NS + ms * 1_000_000, payload.encode()


def aggregate(k: int, ms: int) -> tuple[int, bytes]:
    return trade(k, "100.0", "1", ms)[0], trade(k, "100.0", "1", ms)[1].replace(b"@trade", b"@aggTrade")


FRAMES = [
    trade(1, "100.0", "1.5", 0),
    trade(2, "100.5", "0.5", 100),
    (START_NS + 150_000_000, b'{"lastUpdateId":5,"bids":[],"asks":[]}'),
    (START_NS + 200_000_000,
     b'{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","s":"BTCUSDT","b":"99.5","B":"2","a":"100.0","A":"3"}}'),
    trade(3, "99.0", "2", 61_000),
]  # fmt: skip


def played(source: Recording) -> list[Frame]:
    frames: list[Frame] = []
    while not source.has_ended:
        frames += source.advance(EVERYTHING, 1.0, 0)
    return frames


def test_frames_come_verbatim_in_their_streams() -> None:
    frames = played(Recording("binance", lambda: FRAMES))

    assert [(f[0], f[1], f[3]) for f in frames] == [
        (ns, json.loads(payload)["stream"], payload) for ns, payload in FRAMES if b"stream" in payload
    ]
    assert frames[0][2] == FRAMES[0][1][len(b'{"stream":"btcusdt@trade","data":') : -1]


def test_a_hole_of_more_than_a_day_is_refused() -> None:
    """A damaged time would have the exchange close every minute of decades, one by one."""
    late = trade(4, "99.0", "2", 86_461_001)

    with pytest.raises(CaptureError, match=r"hole of 1\.0 days"):
        Recording("binance", lambda: [*FRAMES, late])


@pytest.mark.parametrize(
    ("old", "damaged"),
    [
        (f'"T":{START_MS + 200}'.encode(), b'"T":9214646399999'),
        (b'"p":"100.0"', b'"p":"1e300"'),
        (b'"q":"1"', b'"q":"1e18"'),
        (b'"q":"1"', b'"q":"1e999"'),
    ],
)
def test_a_trade_that_cannot_be_is_sent_and_not_learned(old: bytes, damaged: bytes) -> None:
    at, payload = trade(4, "100.0", "1", 200)
    wrong = (at, payload.replace(old, damaged))
    assert wrong[1] != payload

    source = Recording("binance", lambda: [*FRAMES[:2], wrong])
    frames = played(source)

    assert len(frames) in {2, 3}
    assert source.truth.minute == START_MS // 60_000
    assert len(source.prints(0, 10)) == 2


def test_its_market_is_inferred() -> None:
    source = Recording("binance", lambda: FRAMES)
    market = source.truth.markets[0]
    assert market is not None

    assert (market.symbol, market.tick_size, market.lot_size) == ("BTCUSDT", 0.5, 0.5)
    assert source.knows("btcusdt@trade")
    assert not source.knows("ethusdt@trade")
    assert source.snapshot("btcusdt@trade") is None


def test_candles_and_trades_are_those_seen_so_far() -> None:
    source = Recording("binance", lambda: FRAMES)
    first = list(source.advance(EVERYTHING, 1.0, 0))

    candle = source.truth.candle(0, START_MS // 60_000)
    assert len(first) == 3
    assert candle is not None
    assert (candle.open, candle.high, candle.low, candle.close, candle.lots) == (200, 201, 200, 201, 4)
    assert [(p.trade_id, p.ticks, p.lots, p.is_buy) for p in source.prints(0, 1000)] == [
        ("1", 200, 3, False),
        ("2", 201, 1, True),
    ]
    quote = source.quote(0)
    assert (quote.bid, quote.ask, quote.bid_lots, quote.ask_lots) == (199, 200, 4, 6)

    played(source)

    later = source.truth.candle(0, START_MS // 60_000 + 1)
    assert later is not None
    assert (later.open, later.lots) == (198, 4)
    assert source.now_ns() == START_NS + 61_000_000_000


def test_it_waits_until_the_first_frame_and_ends_after_the_last() -> None:
    source = Recording("binance", lambda: FRAMES)
    assert source.waits_for_subscriber

    list(source.advance(EVERYTHING, 1.0, 0))
    assert not source.waits_for_subscriber

    played(source)
    assert source.has_ended
    assert list(source.advance(EVERYTHING, 1.0, 0)) == []


def test_a_loop_begins_anew_with_time_going_on() -> None:
    source = Recording("binance", lambda: FRAMES, loop=True)
    frames: list[Frame] = []
    while len(frames) < 8:
        frames += source.advance(EVERYTHING, 1.0, 0)

    assert frames[4][2] == frames[0][2]
    times = [frame[0] for frame in frames]
    assert times == sorted(times)
    assert times[4] > times[3]
    assert not source.has_ended


def test_where_both_kinds_of_trades_were_recorded_each_counts_once() -> None:
    source = Recording("binance", lambda: [aggregate(1, 0), trade(1, "100.0", "1", 1), trade(2, "100.5", "1", 2)])
    played(source)

    assert int(source.truth.numbers[0]) == 2


def test_aggregate_trades_alone_count() -> None:
    source = Recording("binance", lambda: [aggregate(1, 0), aggregate(2, 5)])
    played(source)

    assert int(source.truth.numbers[0]) == 2


def test_a_bybit_recording_is_understood() -> None:
    row = '{"T":%d,"s":"XRPUSDT","S":"Sell","v":"%s","p":"%s","L":"MinusTick","i":"id-%d","BT":false,"seq":%d}'
    rows = ",".join((row % (START_MS, "12", "1.9501", 1, 7), row % (START_MS, "12", "1.9503", 2, 8)))
    frame = f'{{"topic":"publicTrade.XRPUSDT","type":"snapshot","ts":{START_MS},"data":[{rows}]}}'.encode()
    ticker = (
        b'{"topic":"tickers.XRPUSDT","type":"delta","data":{"symbol":"XRPUSDT","bid1Price":"1.9499","bid1Size":"24"}}'
    )
    source = Recording("bybit", lambda: [(START_NS, frame), (START_NS + 1, ticker)])

    frames = played(source)

    assert [(f[1], f[2], f[3]) for f in frames] == [
        ("publicTrade.XRPUSDT", frame, None),
        ("tickers.XRPUSDT", ticker, None),
    ]
    assert [(p.trade_id, p.sequence, p.lots, p.is_buy) for p in source.prints(0, 1000)] == [
        ("id-1", 7, 1, False), ("id-2", 8, 1, False),
    ]  # fmt: skip
    # The sizes 12, 12 and 24 make a lot of 12.
    assert (source.quote(0).bid, source.quote(0).bid_lots) == (19_499, 2)


def test_a_quiet_topic_of_a_recorded_market_can_be_subscribed() -> None:
    frame = (
        b'{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":%d,"data":[{"T":%d,"s":"BTCUSDT","S":"Sell",'
        b'"v":"0.003","p":"77256.70","L":"MinusTick","i":"0e5ae7e6-811a-5884-98c9-6cb3aede1505","BT":false}]}'
    )
    source = Recording("bybit", lambda: [(START_NS, frame % (START_MS, START_MS))])

    assert source.knows("tickers.BTCUSDT")
    assert not source.knows("tickers.ETHUSDT")


def test_a_recording_without_streams_is_refused() -> None:
    with pytest.raises(CaptureError, match=r"no frame of a stream \(1 others\); is it of binance"):
        Recording("binance", lambda: [(1, b'{"lastUpdateId":5}')])


def test_a_recording_tells_the_book_and_the_candles_that_it_has() -> None:
    source = Recording("binance", lambda: FRAMES)
    list(source.advance(EVERYTHING, 1.0, 0))
    minute = START_MS // 60_000

    ladder = source.ladder(0, 50)

    assert (ladder.bids, ladder.asks) == ([(199, 4)], [(200, 6)])
    assert source.derivatives is None
    assert source.candles(0, 1, minute, minute) == [source.truth.candle(0, minute)]
    assert (source.begins(0), source.closes(0, [minute])) == (minute, [201])


def test_trades_of_a_recording_are_found_by_range() -> None:
    source = Recording("binance", lambda: FRAMES)
    played(source)

    def told(asked: Asked) -> list[str]:
        return [print_.trade_id for print_ in source.prints_of(0, asked)]

    assert [print_.trade_id for print_ in source.prints(0, 2)] == told(Asked(2)) == ["2", "3"]
    assert told(Asked(9, from_id=2)) == ["2", "3"]
    assert told(Asked(1, from_id=2)) == ["2"]
    assert told(Asked(9, end_ms=START_MS + 60_000)) == ["1", "2"]
    assert told(Asked(9, start_ms=START_MS + 60_000)) == ["3"]
