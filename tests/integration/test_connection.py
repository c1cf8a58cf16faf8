"""A connection against a server on loopback that drops, stalls, refuses and misbehaves."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from picows import WSMsgType
from tests.integration.exchange import TRADE, Exchange, Recorder, accept, exchange_on_loopback

from tidemark.clock import SystemClock
from tidemark.ingest.connection import Connection, Policy, State
from tidemark.ingest.dial import CLOSE_AFTER_S
from tidemark.ingest.feed import Feed
from tidemark.ingest.gaps import Doubt
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import MAX_FRAME_BYTES, Channel, Endpoints, Heartbeat, Socket, StreamLimits, Venue
from tidemark.ingest.venues.bybit.venue import Bybit

PING = {"op": "ping", "req_id": "ping"}


async def at_once(_: float) -> None:
    """Sleep without waiting, so that a reconnect follows at once."""
    await asyncio.sleep(0)


class Hasty(Bybit):
    """Bybit, in more of a hurry: a ping every 20 ms."""

    heartbeat = Heartbeat(every_s=0.02, message=Bybit.heartbeat.message)
    limits = StreamLimits(2000, 20_000, 4, 20_000, 1000.0)


def bybit(port: int) -> Venue:
    return registry.find("bybit", Endpoints("http://127.0.0.1:1", f"ws://127.0.0.1:{port}"))


@asynccontextmanager
async def connected(
    venue: Venue,
    recorder: Recorder,
    *,
    symbols: tuple[str, ...] = ("BTCUSDT", "ETHUSDT"),
    policy: Policy | None = None,
    sleep: Callable[[float], Awaitable[None]] = at_once,
    ssl_context: ssl.SSLContext | None = None,
) -> AsyncIterator[Connection]:
    """A connection that runs until the block ends."""
    (plan,) = venue.sockets(symbols, [Channel.TRADES])
    connection = Connection(
        "bybit-1",
        venue,
        plan,
        recorder,
        SystemClock(),
        recorder.alarm,
        Random(1),
        policy=policy,
        sleep=sleep,
        ssl_context=ssl_context,
    )
    task = asyncio.ensure_future(connection.run())
    try:
        yield connection
    finally:
        task.cancel()
        async with asyncio.timeout(1):
            with pytest.raises(asyncio.CancelledError):
                await task


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with exchange_on_loopback() as server:
        yield server


async def test_subscribes_and_closes_the_gap_that_it_started_in(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    async with connected(bybit(exchange.port), recorder) as connection:
        await exchange.until(lambda: bool(recorder.gaps))
        exchange.peers[0].send(TRADE)
        await exchange.until(lambda: TRADE in recorder.frames)
        status = connection.status()

    (gap,) = recorder.gaps
    assert exchange.peers[0].received[0]["args"] == ["publicTrade.BTCUSDT", "publicTrade.ETHUSDT"]
    assert (gap.venue, gap.channel, gap.symbols) == ("bybit", "trades", ("BTCUSDT", "ETHUSDT"))
    assert (gap.gap_from, gap.gap_to, gap.cause) == (None, gap.ts_recv, "start")
    assert (status.state, status.topics, status.frames, status.reconnects) == (State.LIVE, 2, 2, 0)
    assert status.last_frame_age_s is not None
    assert connection.status().state is State.CLOSED


async def test_many_topics_are_asked_for_in_messages_within_the_limits(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    symbols = tuple(f"T{number}USDT" for number in range(10))
    venue = Hasty(Endpoints("", f"ws://127.0.0.1:{exchange.port}/"))

    async with connected(venue, recorder, symbols=symbols):
        await exchange.until(lambda: bool(recorder.gaps))

    asked = [message["args"] for message in exchange.peers[0].received if message["op"] == "subscribe"]
    assert [len(args) for args in asked] == [4, 4, 2]
    assert recorder.gaps[0].symbols == symbols


async def test_a_lost_connection_opens_a_gap_and_its_successor_closes_it(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    async with connected(bybit(exchange.port), recorder) as connection:
        await exchange.until(lambda: bool(recorder.gaps))
        exchange.peers[0].send(TRADE)
        await exchange.until(lambda: TRADE in recorder.frames)
        exchange.peers[0].drop()
        await exchange.until(lambda: len(recorder.gaps) == 3)
        status = connection.status()

    _, opened, closed = recorder.gaps
    assert opened.gap_from == recorder.times[recorder.frames.index(TRADE)]
    assert opened.gap_to is None
    assert (closed.gap_from, closed.cause) == (opened.gap_from, opened.cause)
    assert closed.gap_to is not None
    assert closed.gap_to > opened.gap_from
    assert opened.symbols == closed.symbols == ("BTCUSDT", "ETHUSDT")
    assert status.reconnects == 1
    assert recorder.alarms == []


async def test_a_close_by_the_exchange_says_why(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    async with connected(bybit(exchange.port), recorder):
        await exchange.until(lambda: bool(recorder.gaps))
        exchange.peers[0].send(b"\x03\xe9maintenance", msg_type=WSMsgType.CLOSE)
        await exchange.until(lambda: len(recorder.gaps) >= 2)

    assert recorder.gaps[1].cause == "the exchange closed the connection (1001 maintenance)"


async def test_a_silent_socket_is_replaced_although_it_answers_pings(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    venue = Hasty(Endpoints("", f"ws://127.0.0.1:{exchange.port}/"))

    async with connected(venue, recorder, policy=Policy(silence_timeout_s=0.2)):
        await exchange.until(lambda: len(exchange.peers) == 2)
        await exchange.until(lambda: len(recorder.gaps) >= 3)

    assert recorder.gaps[1].cause == "no data for 0.2 s"
    assert not exchange.peers[0].is_open
    assert sum(message["op"] == "ping" for message in exchange.peers[0].received) >= 2


async def test_heartbeats_are_sent_while_data_flows(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    venue = Hasty(Endpoints("", f"ws://127.0.0.1:{exchange.port}/"))

    async with connected(venue, recorder):
        await exchange.until(lambda: bool(exchange.peers) and PING in exchange.peers[0].received)


async def test_a_refused_topic_is_found_reported_and_left_out() -> None:
    def answer(message: Any) -> Any:
        return {**accept(message), "success": "publicTrade.GONEUSDT" not in message.get("args", ())}

    symbols = ("AUSDT", "BUSDT", "GONEUSDT", "CUSDT", "DUSDT")
    async with exchange_on_loopback(answer) as exchange:
        recorder = Recorder(exchange.changed)
        venue = Hasty(Endpoints("", f"ws://127.0.0.1:{exchange.port}/"))
        async with connected(venue, recorder, symbols=symbols):
            await exchange.until(lambda: bool(recorder.gaps))

    assert recorder.alarms == ["bybit-1: bybit refused the subscription of publicTrade.GONEUSDT"]
    assert sorted(recorder.gaps[0].symbols) == ["AUSDT", "BUSDT", "CUSDT", "DUSDT"]


async def test_an_exchange_that_does_not_answer_is_asked_again() -> None:
    async with exchange_on_loopback(lambda _: None) as exchange:
        recorder = Recorder(exchange.changed)
        async with connected(bybit(exchange.port), recorder, policy=Policy(answer_timeout_s=0.05, alarm_after=2)):
            await exchange.until(lambda: bool(recorder.alarms))

    assert recorder.gaps == []
    assert recorder.alarms[0] == (
        "bybit-1: 2 attempts in a row failed; the last: a subscription was not answered within 0.05 s"
    )


async def test_an_unreachable_address_raises_an_alarm_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        delays: list[float] = []

        async def note(delay: float) -> None:
            delays.append(delay)
            await asyncio.sleep(0)

        changed = asyncio.Event()
        recorder = Recorder(changed)
        async with connected(bybit(port), recorder, sleep=note):
            await Exchange.until(_Waiter(changed), lambda: bool(recorder.alarms))

    assert recorder.alarms[0].startswith("bybit-1: 5 attempts in a row failed; the last: 127.0.0.1:")
    assert "\n" not in recorder.alarms[0]
    assert len(delays) >= 4
    assert all(0.25 * 2**n <= delay <= 0.5 * 2**n for n, delay in enumerate(delays[:5]))


class _Waiter(Exchange):
    """Only the waiting of an exchange."""

    def __init__(self, changed: asyncio.Event) -> None:
        super().__init__(accept)
        self.changed = changed


async def test_an_oversized_frame_ends_the_connection_and_is_never_handed_on(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    async with connected(bybit(exchange.port), recorder):
        await exchange.until(lambda: bool(recorder.gaps))
        exchange.peers[0].send(b" " * (MAX_FRAME_BYTES + 1))
        await exchange.until(lambda: len(recorder.gaps) >= 2)

    assert "exceeding max allowed size" in recorder.gaps[1].cause
    assert max(map(len, recorder.frames)) < 1000


async def test_a_fragmented_message_is_put_together(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    async with connected(bybit(exchange.port), recorder):
        await exchange.until(lambda: bool(recorder.gaps))
        exchange.peers[0].send(TRADE[:40], fin=False)
        exchange.peers[0].send(TRADE[40:80], msg_type=WSMsgType.CONTINUATION, fin=False)
        exchange.peers[0].send(TRADE[80:], msg_type=WSMsgType.CONTINUATION)
        await exchange.until(lambda: len(recorder.frames) == 2)

    assert recorder.frames[1] == TRADE


async def test_fragments_without_end_are_not_collected(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    async with connected(bybit(exchange.port), recorder):
        await exchange.until(lambda: bool(recorder.gaps))
        exchange.peers[0].send(b"{", fin=False)
        for _ in range(5):
            exchange.peers[0].send(b" " * (MAX_FRAME_BYTES // 4), msg_type=WSMsgType.CONTINUATION, fin=False)
        await exchange.until(lambda: len(recorder.gaps) >= 2)

    assert recorder.gaps[1].cause == f"a fragmented message grew past {MAX_FRAME_BYTES} bytes"


async def test_no_frame_is_lost_where_reads_are_coalesced(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    async with connected(bybit(exchange.port), recorder, policy=Policy(coalesce_s=0.002)):
        await exchange.until(lambda: bool(recorder.gaps))
        for number in range(3000):
            exchange.peers[0].send(TRADE.replace(b"9685122331", b"%d" % number))
            if number % 10 == 0:
                await asyncio.sleep(0)
        await exchange.until(lambda: len(recorder.frames) == 3001)

    assert recorder.frames[1:] == [TRADE.replace(b"9685122331", b"%d" % number) for number in range(3000)]
    assert len(set(recorder.times)) < 1500


async def test_a_fault_of_the_sink_is_not_hidden(exchange: Exchange) -> None:
    class Faulty(Recorder):
        def on_frame(self, connection_id: str, payload: memoryview, ts_recv: int) -> None:
            super().on_frame(connection_id, payload, ts_recv)
            if bytes(payload) == TRADE:
                raise ZeroDivisionError

    recorder = Faulty(exchange.changed)
    venue = bybit(exchange.port)
    (plan,) = venue.sockets(["BTCUSDT"], [Channel.TRADES])
    connection = Connection("bybit-1", venue, plan, recorder, SystemClock(), recorder.alarm, Random(1))
    task = asyncio.ensure_future(connection.run())
    await exchange.until(lambda: bool(recorder.gaps))
    exchange.peers[0].send(TRADE)

    with pytest.raises(ZeroDivisionError):
        await task


async def test_a_handshake_without_end_is_given_up() -> None:
    connections: list[asyncio.StreamWriter] = []

    async def stall(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)

    changed = asyncio.Event()
    recorder = Recorder(changed)
    server = await asyncio.start_server(stall, "127.0.0.1", 0)
    policy = Policy(connect_timeout_s=0.05, alarm_after=1)
    async with server, connected(bybit(server.sockets[0].getsockname()[1]), recorder, policy=policy):
        await Exchange.until(_Waiter(changed), lambda: bool(recorder.alarms))
    for writer in connections:
        writer.close()

    assert recorder.alarms[0].endswith("did not answer within 0.05 s")


async def test_cancellation_in_the_middle_of_a_handshake_cuts_the_line() -> None:
    arrived, ended = asyncio.Event(), asyncio.Event()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await reader.read()
        ended.set()
        writer.close()

    recorder = Recorder(asyncio.Event())
    server = await asyncio.start_server(stall, "127.0.0.1", 0)
    async with server:
        async with connected(bybit(server.sockets[0].getsockname()[1]), recorder):
            await arrived.wait()
        async with asyncio.timeout(1):
            await ended.wait()
        # What is left of the client is closed shortly after the line was cut.
        await asyncio.sleep(2 * CLOSE_AFTER_S)


async def test_feed_follows_listings_without_touching_what_stays(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    feed = Feed(
        bybit(exchange.port), ["AUSDT", "BUSDT"], [Channel.TRADES], recorder, SystemClock(), recorder.alarm, Random(1)
    )
    async with asyncio.TaskGroup() as group:
        feed.run(group)
        await exchange.until(lambda: len(recorder.gaps) == 1)
        feed.resubscribe(["BUSDT", "CUSDT"])
        await exchange.until(lambda: len(recorder.gaps) == 2)
        (status,) = feed.status()
        feed.close()

    (peer,) = exchange.peers
    assert [(message["op"], message["args"]) for message in peer.received] == [
        ("subscribe", ["publicTrade.AUSDT", "publicTrade.BUSDT"]),
        ("unsubscribe", ["publicTrade.AUSDT"]),
        ("subscribe", ["publicTrade.CUSDT"]),
    ]
    assert recorder.gaps[1].symbols == ("CUSDT",)
    assert (recorder.gaps[1].gap_from, recorder.gaps[1].cause) == (None, "start")
    assert (status.state, status.topics, status.reconnects) == (State.LIVE, 2, 0)


async def test_feed_opens_and_closes_connections_as_the_limits_demand(exchange: Exchange) -> None:
    class Small(Bybit):
        limits = StreamLimits(2, 20_000, 2, 20_000, 1000.0)

        def sockets(self, symbols: Any, channels: Any, stream: str = "", depth: int = 50) -> list[Socket]:
            (plan,) = super().sockets(symbols, channels, stream)
            return [Socket(plan.url, plan.topics[at : at + 2]) for at in range(0, len(plan.topics), 2)]

    recorder = Recorder(exchange.changed)
    venue = Small(Endpoints("", f"ws://127.0.0.1:{exchange.port}/"))
    feed = Feed(
        venue, ["AUSDT", "BUSDT", "CUSDT"], [Channel.TRADES], recorder, SystemClock(), recorder.alarm, Random(1)
    )
    async with asyncio.TaskGroup() as group:
        feed.run(group)
        await exchange.until(lambda: len(recorder.gaps) == 2)
        feed.resubscribe(["CUSDT", "DUSDT", "EUSDT"])
        await exchange.until(lambda: len(recorder.gaps) == 4 and sum(not peer.is_open for peer in exchange.peers) == 1)
        statuses = feed.status()
        feed.close()

    assert [status.connection_id for status in statuses] == ["bybit-2", "bybit-3"]
    assert [status.topics for status in statuses] == [2, 1]


def feed_of(venue: Venue, recorder: Recorder, symbols: list[str], *channels: Channel) -> Feed:
    return Feed(
        venue, symbols, channels or [Channel.TRADES], recorder, SystemClock(), recorder.alarm, Random(1), sleep=at_once
    )


async def test_a_topic_is_renewed_in_a_gap_since_its_last_message_and_the_others_stay(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    feed = feed_of(bybit(exchange.port), recorder, ["AUSDT", "BUSDT"])
    async with asyncio.TaskGroup() as group:
        feed.run(group)
        await exchange.until(lambda: len(recorder.gaps) == 1)
        feed.renew(Channel.TRADES, ["BUSDT"], "silent", [123])
        feed.renew(Channel.TRADES, ["BUSDT"], "silent", [124])
        feed.renew(Channel.TICKERS, ["BUSDT"], "silent")
        opened = recorder.gaps[1]
        await exchange.until(lambda: len(recorder.gaps) == 3)
        feed.close()

    (peer,) = exchange.peers
    assert [(message["op"], message["args"]) for message in peer.received[1:]] == [
        ("unsubscribe", ["publicTrade.BUSDT"]),
        ("subscribe", ["publicTrade.BUSDT"]),
    ]
    assert (opened.symbols, opened.gap_from, opened.gap_to, opened.cause) == (("BUSDT",), 123, None, "silent")
    closed = recorder.gaps[2]
    assert (closed.symbols, closed.gap_from, closed.cause) == (("BUSDT",), 123, "silent")
    assert closed.gap_to is not None


async def test_a_renewal_that_is_not_answered_ends_in_another_socket() -> None:
    def answer(message: Any) -> Any:
        return None if message["op"] == "unsubscribe" else accept(message)

    async with exchange_on_loopback(answer) as exchange:
        recorder = Recorder(exchange.changed)
        async with connected(bybit(exchange.port), recorder, policy=Policy(answer_timeout_s=0.05)) as connection:
            await exchange.until(lambda: len(recorder.gaps) == 1)
            connection.renew([Doubt(connection.topics[0], 5)], "silent")
            await exchange.until(lambda: len(recorder.gaps) == 5)

    opened, rest, *closed = recorder.gaps[1:]
    assert (opened.symbols, opened.gap_from, opened.cause) == (("BTCUSDT",), 5, "silent")
    assert (rest.symbols, rest.cause) == (("ETHUSDT",), "a subscription was not answered within 0.05 s")
    assert [gap.symbols for gap in closed] == [("BTCUSDT",), ("ETHUSDT",)]
    assert all(gap.gap_to is not None for gap in closed)


async def test_a_socket_is_given_up_and_replaced(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    feed = feed_of(bybit(exchange.port), recorder, ["AUSDT", "BUSDT"])
    async with asyncio.TaskGroup() as group:
        feed.run(group)
        await exchange.until(lambda: len(recorder.gaps) == 1)
        exchange.peers[0].send(TRADE)
        await exchange.until(lambda: TRADE in recorder.frames)
        (carried,) = feed.carried()
        feed.replace("bybit-9", "not me")
        feed.replace("bybit-1", "dead", [Doubt(carried.topics[0], 7)])
        opened = recorder.gaps[1:]
        await exchange.until(lambda: len(recorder.gaps) == 5 and not exchange.peers[0].is_open)
        (status,) = feed.status()
        feed.close()

    assert carried.is_live
    assert [topic.symbol for topic in carried.topics] == ["AUSDT", "BUSDT"]
    last = recorder.times[recorder.frames.index(TRADE)]
    assert [(gap.symbols, gap.gap_from, gap.cause) for gap in opened] == [
        (("AUSDT",), 7, "dead"),
        (("BUSDT",), last, "dead"),
    ]
    assert [(gap.symbols, gap.gap_from) for gap in recorder.gaps[3:]] == [(("AUSDT",), 7), (("BUSDT",), last)]
    assert (status.state, status.reconnects) == (State.LIVE, 1)


async def test_a_clock_that_is_set_moves_the_open_gaps_of_all_sockets(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    feed = feed_of(bybit(exchange.port), recorder, ["AUSDT"])
    async with asyncio.TaskGroup() as group:
        feed.run(group)
        await exchange.until(lambda: len(recorder.gaps) == 1)
        feed.renew(Channel.TRADES, ["AUSDT"], "silent", [10_000])
        feed.shift(-1_000)
        await exchange.until(lambda: len(recorder.gaps) == 3)
        feed.replace_all("the machine slept for 60 s")
        feed.close()

    assert [gap.gap_from for gap in recorder.gaps[1:3]] == [10_000, 9_000]
    assert recorder.gaps[3].cause == "the machine slept for 60 s"


class Brief(Bybit):
    """Bybit, if it ended connections after 0.2 seconds."""

    limits = StreamLimits(2000, 20_000, 200, 20_000, 1000.0, max_age_s=0.2)


async def test_a_connection_is_relieved_before_its_end_without_a_gap(exchange: Exchange) -> None:
    recorder = Recorder(exchange.changed)
    venue = Brief(Endpoints("", f"ws://127.0.0.1:{exchange.port}/"))
    feed = feed_of(venue, recorder, ["AUSDT", "BUSDT"])
    async with asyncio.TaskGroup() as group:
        feed.run(group)
        await exchange.until(lambda: len(recorder.gaps) == 1)
        feed.relieve()
        early = len(feed.carried())
        while len(exchange.peers) < 2:
            await asyncio.sleep(0.02)
            feed.relieve()
        await exchange.until(lambda: feed.relieved == 1 and not exchange.peers[0].is_open)
        exchange.peers[1].send(TRADE)
        await exchange.until(lambda: TRADE in recorder.frames)
        feed.resubscribe(["AUSDT", "BUSDT", "CUSDT"])
        await exchange.until(lambda: len(recorder.gaps) == 2)
        (status,) = feed.status()
        feed.close()

    assert early == 1
    assert (status.connection_id, status.state, status.topics) == ("bybit-2", State.LIVE, 3)
    assert exchange.peers[1].received[0]["args"] == ["publicTrade.AUSDT", "publicTrade.BUSDT"]
    # Only what was added later had to be confirmed.
    assert recorder.gaps[1].symbols == ("CUSDT",)


async def test_a_successor_that_fails_leaves_all_to_the_one_that_is_alive() -> None:
    allowed = 1

    def answer(message: Any) -> Any:
        return accept(message) if len(server.peers) <= allowed else None

    async with exchange_on_loopback(answer) as server:
        exchange = server
        recorder = Recorder(exchange.changed)
        venue = Brief(Endpoints("", f"ws://127.0.0.1:{exchange.port}/"))
        feed = feed_of(venue, recorder, ["AUSDT"])
        async with asyncio.TaskGroup() as group:
            feed.run(group)
            await exchange.until(lambda: len(recorder.gaps) == 1)
            while len(exchange.peers) < 2:
                await asyncio.sleep(0.02)
                feed.relieve()
            await exchange.until(lambda: bool(exchange.peers[1].received))
            exchange.peers[1].drop()
            await exchange.until(lambda: not exchange.peers[1].is_open)
            exchange.peers[0].send(TRADE)
            await exchange.until(lambda: TRADE in recorder.frames)
            (status,) = feed.status()
            feed.close()

    assert len(recorder.gaps) == 1
    assert (status.connection_id, status.state, feed.relieved) == ("bybit-1", State.LIVE, 0)


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody vouches for."""
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run(
        [*command.split(), "-keyout", tmp_path / "key", "-out", tmp_path / "cert"], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    return context


async def test_frames_arrive_over_tls_where_reads_are_coalesced(self_signed: ssl.SSLContext, tmp_path: Path) -> None:
    trusting = ssl.create_default_context(cafile=tmp_path / "cert")
    async with exchange_on_loopback(tls=self_signed) as exchange:
        recorder = Recorder(exchange.changed)
        venue = registry.find("bybit", Endpoints("", f"wss://localhost:{exchange.port}"))
        policy = Policy(coalesce_s=0.002)
        async with connected(venue, recorder, policy=policy, ssl_context=trusting):
            await exchange.until(lambda: bool(recorder.gaps))
            for number in range(2000):
                exchange.peers[0].send(TRADE.replace(b"9685122331", b"%d" % number))
                if number % 10 == 0:
                    await asyncio.sleep(0)
            await exchange.until(lambda: len(recorder.frames) == 2001)

    assert recorder.frames[1:] == [TRADE.replace(b"9685122331", b"%d" % number) for number in range(2000)]


async def test_certificates_are_verified(self_signed: ssl.SSLContext) -> None:
    changed = asyncio.Event()
    recorder = Recorder(changed)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=self_signed)
    port = server.sockets[0].getsockname()[1]
    venue = registry.find("bybit", Endpoints("", f"wss://localhost:{port}"))
    async with server, connected(venue, recorder, policy=Policy(alarm_after=1)):
        await Exchange.until(_Waiter(changed), lambda: bool(recorder.alarms))

    assert "certificate_verify_failed" in recorder.alarms[0].lower().replace(" ", "_")
