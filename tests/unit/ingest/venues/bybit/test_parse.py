import pytest

from tidemark.errors import FrameError
from tidemark.ingest.venues.base import MAX_FRAME_ROWS
from tidemark.ingest.venues.bybit.parse import BybitParser, is_linear, is_sound
from tidemark.ingest.venues.bybit.wire import UncheckedTradeRow
from tidemark.model.batch import Batch

ROW = '{"T":1789470139371,"s":"%s","S":"Buy","v":"1","p":"2","i":"%d","seq":1}'


def frame(*symbols: str) -> bytes:
    rows = ",".join(ROW % (symbol, number) for number, symbol in enumerate(symbols))
    return ('{"topic":"publicTrade.BTCUSDT","data":[' + rows + "]}").encode()


@pytest.mark.parametrize(
    ("symbol", "linear"),
    [
        ("BTCUSDT", True),
        ("1000PEPEUSDT", True),
        ("币安人生USDT", True),
        ("BTCUSD", False),
        ("BTCUSDZ26", False),
        ("BTCPERP", False),
        ("BTCUSDT-25DEC26", False),
        ("BTC-25DEC26", False),
    ],
)
def test_linear_perpetuals_are_told_by_their_names(symbol: str, linear: bool) -> None:
    assert is_linear(symbol) is linear


def test_slots_may_change_while_the_parser_lives() -> None:
    slots: dict[str, int] = {}
    parser, batch = BybitParser(slots), Batch()

    parser.feed(frame("BTCUSDT"), 5, batch)
    slots["BTCUSDT"] = 2
    parser.feed(frame("BTCUSDT"), 5, batch)

    assert batch.trades.count == 1
    assert batch.trades.arrays[0][0] == 2


def test_rows_of_symbols_without_a_slot_leave_the_others_alone() -> None:
    parser, batch = BybitParser({"BTCUSDT": 0}), Batch()

    parser.feed(frame("ETHUSDT", "BTCUSDT", "BTCUSD", "BTCUSDT"), 5, batch)

    assert batch.trades.count == 2
    assert parser.skipped == 1


def test_more_rows_than_any_honest_frame_has_are_refused() -> None:
    parser, batch = BybitParser({"BTCUSDT": 0}), Batch(3 * MAX_FRAME_ROWS)

    parser.feed(frame(*["BTCUSDT"] * MAX_FRAME_ROWS), 5, batch)
    with pytest.raises(FrameError) as caught:
        parser.feed(frame(*["BTCUSDT"] * (MAX_FRAME_ROWS + 1)), 5, batch)

    assert caught.value.kind == "oversized"
    assert batch.trades.count == MAX_FRAME_ROWS


@pytest.mark.parametrize(
    "change", [{"price": 0.0}, {"size": float("nan")}, {"side": "buy"}, {"ts_ms": 0}, {"sequence": -1}]
)
def test_soundness_is_that_of_the_columns(change: dict[str, object]) -> None:
    good = {"ts_ms": 1789470139371, "symbol": "BTCUSDT", "side": "Buy", "size": 1.0, "price": 2.0, "trade_id": "a"}
    row = UncheckedTradeRow(**{**good, **change})  # type: ignore[arg-type]
    batch = Batch()

    assert is_sound(UncheckedTradeRow(**good))  # type: ignore[arg-type]
    assert not is_sound(row)
    assert batch.trades.extend([row], {"BTCUSDT": 0}, 5) == 1


@pytest.mark.parametrize(("topics", "acknowledged"), [(1, True), (2, False)])
def test_a_topic_that_is_subscribed_already_is_accepted_alone(topics: int, acknowledged: bool) -> None:
    reply = b'{"success":false,"ret_msg":"error:already subscribed,topic:publicTrade.BTCUSDT","op":"subscribe"}'

    assert BybitParser({}).is_acknowledged(reply, topics) is acknowledged


def test_of_two_faults_in_a_book_both_ways_of_reading_name_the_same() -> None:
    book = b'{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1789470134595,"data":{"s":"BTCUSDT","b":[["-1","2"]],'
    parser, batch = BybitParser({"BTCUSDT": 0}), Batch()

    for frame, kind in ((book + b'"a":[],"u":1}}', "bad_number"), (book + b'"a":[],"u":1}}x', "malformed")):
        with pytest.raises(FrameError) as fed:
            parser.feed(frame, 5, batch)
        with pytest.raises(FrameError) as parsed:
            parser.parse(frame, 5)
        assert fed.value.kind == parsed.value.kind == kind
    assert batch.is_empty
