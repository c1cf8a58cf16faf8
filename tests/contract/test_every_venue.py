"""What every venue promises, tried on hand-written frames of its documented schema.

A new venue brings `venues/<name>.json` beside this file: frames with their events, frames that are refused with the
kind of the refusal, and a page of two candles that open at 1789470120000 and 1789470180000 ms.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tidemark.errors import FrameError
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import MAX_FRAME_BYTES, MAX_FRAME_ROWS, Channel, Endpoints
from tidemark.ingest.venues.frame import FrameKind, topic_bytes
from tidemark.kernels.columns import hash_id
from tidemark.model.batch import Batch
from tidemark.model.events import BookDelta, BookSnapshot, MarketEvent, Trade
from tidemark.model.timeframe import Timeframe

NAMES = registry.names()
FILES = {name: json.loads((Path(__file__).parent / "venues" / f"{name}.json").read_bytes()) for name in NAMES}
RECV = 5


def cases(part: str) -> list[Any]:
    return [
        pytest.param(name, case, id=f"{name}-{case['case']}") for name, file in FILES.items() for case in file[part]
    ]


def frame_of(case: dict[str, Any]) -> bytes:
    return case["text"].encode() if "text" in case else msgspec.json.encode(case["frame"])


def rows(batch: Batch) -> list[tuple[Any, ...]]:
    return list(zip(*(column[: batch.trades.count].tolist() for column in batch.trades.arrays), strict=True))


def book_rows(batch: Batch) -> list[tuple[Any, ...]]:
    """Each message with its levels."""
    books = batch.books
    *columns, start, bids, asks, price, size = (column.tolist() for column in books.arrays)
    levels = list(zip(price, size, strict=True))
    return [
        (
            *(column[row] for column in columns),
            tuple(levels[start[row] : start[row] + bids[row]]),
            tuple(levels[start[row] + bids[row] : start[row] + bids[row] + asks[row]]),
        )
        for row in range(books.count)
    ]


def as_book_row(event: BookSnapshot | BookDelta, slot: int) -> tuple[Any, ...]:
    first, previous = (event.first_id, event.previous_id) if isinstance(event, BookDelta) else (None, None)
    ids = (-1 if first is None else first, event.update_id, -1 if previous is None else previous)
    is_snapshot = int(isinstance(event, BookSnapshot))
    return (slot, is_snapshot, event.ts_event, event.ts_recv, *ids, event.bids, event.asks)


@pytest.mark.parametrize(("name", "case"), cases("frames"))
def test_frame_gives_the_expected_events(name: str, case: dict[str, Any]) -> None:
    expected = msgspec.json.decode(msgspec.json.encode(case["events"]), type=list[MarketEvent])
    parser = registry.find(name).parser({})

    assert parser.parse(frame_of(case), RECV) == expected
    assert parser.parse(memoryview(frame_of(case)), RECV) == expected


@pytest.mark.parametrize(("name", "case"), cases("frames"))
@pytest.mark.parametrize("view", [bytes, memoryview])
def test_feed_adds_what_parse_gives(name: str, case: dict[str, Any], view: Any) -> None:
    venue = registry.find(name)
    slots = {symbol: slot for slot, symbol in enumerate(case.get("slots", ["BTCUSDT"]), start=3)}
    batch = Batch(MAX_FRAME_ROWS)
    parser = venue.parser(slots)
    events = venue.parser({}).parse(frame_of(case), RECV)

    parser.feed(view(frame_of(case)), RECV, batch)

    assert batch.events == [event for event in events if not isinstance(event, Trade | BookSnapshot | BookDelta)]
    assert book_rows(batch) == [
        as_book_row(event, slots[event.symbol]) for event in events if isinstance(event, BookSnapshot | BookDelta)
    ]
    assert rows(batch) == [
        (
            slots[event.symbol],
            event.ts_event,
            RECV,
            int(event.trade_id) if venue.has_numbered_trades else hash_id(event.trade_id),
            event.sequence,
            event.price,
            event.size,
            int(event.is_buy),
        )
        for event in events
        if isinstance(event, Trade)
    ]
    assert parser.skipped == case.get("skipped", 0)


@pytest.mark.parametrize(("name", "case"), cases("frames"))
def test_symbols_without_a_slot_add_nothing(name: str, case: dict[str, Any]) -> None:
    batch = Batch(MAX_FRAME_ROWS)

    registry.find(name).parser({"OTHERUSDT": 0}).feed(frame_of(case), RECV, batch)

    assert batch.is_empty


@pytest.mark.parametrize(("name", "case"), cases("refused"))
def test_unusable_frame_is_refused_by_kind_and_adds_nothing(name: str, case: dict[str, Any]) -> None:
    parser = registry.find(name).parser({"BTCUSDT": 0})
    batch = Batch(MAX_FRAME_ROWS)

    with pytest.raises(FrameError) as fed:
        parser.feed(frame_of(case), RECV, batch)
    with pytest.raises(FrameError) as parsed:
        parser.parse(frame_of(case), RECV)

    assert fed.value.kind == parsed.value.kind == FrameKind(case["kind"])
    assert batch.is_empty


@pytest.mark.parametrize(("name", "case"), cases("frames") + cases("refused"))
def test_acknowledgements_are_told_from_everything_else(name: str, case: dict[str, Any]) -> None:
    assert registry.find(name).parser({}).is_acknowledged(frame_of(case)) is case.get("acknowledged")


@pytest.mark.parametrize("name", NAMES)
def test_oversized_frame_is_refused_before_it_is_read(name: str) -> None:
    parser = registry.find(name).parser({"BTCUSDT": 0})

    for frame in (b" " * (MAX_FRAME_BYTES + 1), frame_of(FILES[name]["frames"][0]).ljust(MAX_FRAME_BYTES + 1)):
        with pytest.raises(FrameError) as caught:
            parser.feed(frame, RECV, Batch())
        assert caught.value.kind == FrameKind.OVERSIZED


@pytest.mark.parametrize("name", NAMES)
def test_full_columns_are_never_overrun(name: str) -> None:
    batch = Batch(1)
    parser = registry.find(name).parser({"BTCUSDT": 0})
    frame = frame_of(FILES[name]["frames"][0])

    batch.trades.count = 1
    with pytest.raises(FrameError) as caught:
        parser.feed(frame, RECV, batch)

    assert caught.value.kind == FrameKind.OVERSIZED
    assert batch.trades.count == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("depth", [1, 64, 5_000, 200_000])
@pytest.mark.parametrize(
    "around", [b"%s", b'{"topic":%s', b'{"topic":"tickers.BTCUSDT","data":%s', b'{"stream":"x","data":%s']
)
def test_deep_nesting_is_refused(name: str, depth: int, around: bytes) -> None:
    parser = registry.find(name).parser({"BTCUSDT": 0})

    with pytest.raises(FrameError):
        parser.feed(around % (b"[" * depth), RECV, Batch())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [1, 560, 1500])
def test_sockets_stay_within_the_limits_and_cover_each_symbol_once(name: str, count: int) -> None:
    venue = registry.find(name)
    symbols = [f"1000000TOKEN{number}USDT" for number in range(count)]
    limits = venue.limits

    for stream in venue.trade_streams:
        sockets = venue.sockets(symbols, list(Channel), stream)

        topics = [topic for socket in sockets for topic in socket.topics]
        assert len({topic.name for topic in topics}) == len(topics)
        for channel in Channel:
            covered = [topic.symbol for topic in topics if topic.channel is channel]
            assert covered in (symbols, [""])
        for socket in sockets:
            assert socket.url.startswith(("wss://", "ws://"))
            assert 1 <= len(socket.topics) <= limits.topics_per_socket
            assert sum(map(topic_bytes, socket.topics)) <= limits.bytes_per_socket
        assert len(sockets) <= 1 + max(
            len(topics) // limits.topics_per_socket, sum(map(topic_bytes, topics)) // (limits.bytes_per_socket - 64)
        )


@pytest.mark.parametrize("name", NAMES)
def test_requests_to_subscribe_name_their_topics(name: str) -> None:
    venue = registry.find(name)
    topics = [topic.name for topic in venue.sockets(["BTCUSDT", "币安人生USDT"], [Channel.TRADES])[0].topics]

    for message in (venue.subscribe(topics, 7), venue.unsubscribe(topics, 8)):
        assert all(topic in message.decode() for topic in topics)
        assert isinstance(json.loads(message), dict)


@pytest.mark.parametrize("name", NAMES)
def test_addresses_are_encrypted_and_can_be_replaced(name: str) -> None:
    endpoints = registry.find(name).endpoints

    assert endpoints.rest.startswith("https://")
    assert endpoints.stream.startswith("wss://")
    local = registry.find(name, Endpoints("http://127.0.0.1:1", "ws://127.0.0.1:2"))
    assert local.sockets(["BTCUSDT"], [Channel.TRADES])[0].url.startswith("ws://127.0.0.1:2")


@pytest.mark.parametrize("name", NAMES)
def test_klines_are_ascending_and_the_last_one_is_open_until_its_end(name: str) -> None:
    body = msgspec.json.encode(FILES[name]["klines"])
    end_ns = 1789470240000 * 1_000_000

    before = registry.find(name).rest.parse_klines(body, "BTCUSDT", Timeframe.M1, end_ns - 1)
    after = registry.find(name).rest.parse_klines(body, "BTCUSDT", Timeframe.M1, end_ns)

    assert [(k.open_time, k.open, k.high, k.low, k.close, k.volume, k.turnover) for k in before] == [
        (1789470120000000000, 1.0, 4.0, 1.0, 3.0, 6.0, 15.0),
        (1789470180000000000, 3.0, 5.0, 2.0, 4.0, 7.0, 28.0),
    ]
    assert [k.is_closed for k in before] == [True, False]
    assert [k.is_closed for k in after] == [True, True]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("body", [b"", b"<html>", b"[", b"{}", b"[{}]", b'"x"', b"\xff\xfe", b"[" * 100_000])
def test_garbage_replies_are_refused(name: str, body: bytes) -> None:
    venue = registry.find(name)

    for parse in (
        venue.rest.parse_instruments,
        venue.rest.parse_server_time,
        lambda body: venue.rest.parse_tickers(body, RECV),
        lambda body: venue.rest.parse_klines(body, "BTCUSDT", Timeframe.M1, RECV),
        lambda body: venue.rest.parse_recent_trades(body, "BTCUSDT", RECV),
    ):
        with pytest.raises(FrameError):
            parse(body)


@pytest.mark.parametrize("name", NAMES)
def test_requests_cost_weight_and_candles_stay_within_a_page(name: str) -> None:
    venue = registry.find(name)

    requests = [
        venue.rest.instruments(),
        venue.rest.tickers(),
        venue.rest.klines("BTCUSDT", Timeframe.H1, 1789470120000, 10**6),
        venue.rest.recent_trades("BTCUSDT", 10**6),
        venue.rest.server_time(),
    ]

    assert all(1 <= request.weight <= venue.rest.BUDGET.weight for request in requests)
    assert all(request.path.startswith("/") for request in requests)
    assert dict(requests[2].query)["limit"] == str(venue.rest.KLINES_PAGE)
    assert dict(requests[3].query)["limit"] == "1000"
