"""Small builders for tests of alerts: records of signals, events, settings, sinks and who receives from them."""

import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Self

import msgspec
import sqlalchemy as sa

from tidemark.alerts.gathering import Gathering
from tidemark.alerts.outbox import Outbox
from tidemark.alerts.pace import Channel, channel_of, history
from tidemark.alerts.scorecards import Scorecards
from tidemark.alerts.sinks import registry
from tidemark.alerts.sinks.base import Message, Place, Sink
from tidemark.alerts.texts import Texts
from tidemark.clock import EventClock
from tidemark.model.notification import Event, Happening, Notification, Severity
from tidemark.model.signal import Kind, Read, Reason, Side, Signal, Stage, Transition
from tidemark.settings.alerting import Alerts, check
from tidemark.sources import Secret
from tidemark.store.tables import ALERT_EVENTS, METADATA
from tidemark.units import SECOND

VENUE = "bybit"
AT = 1_764_000_000 * SECOND


def signal(**others: Any) -> Signal:
    """One of a cascade in BTCUSDT, with *others* in the place of its fields."""
    told: dict[str, Any] = {
        "id": "BTCUSDT-liquidation_cascade-long-1764000000", "rule": "liquidation_cascade", "name": "long",
        "symbol": "BTCUSDT", "side": Side.LONG, "kind": Kind.TRADE, "at": AT, "price": 100.0, "score": 61.5,
        "regime": "trend", "reads": (Read("liquidated_longs", 50000.0, 1.5),), "limits": {"enter": 1.0},
        "sentence": "50,000 of longs liquidated",
    }  # fmt: skip
    return Signal(**(told | others))


def transition(**others: Any) -> Transition:
    """Its first target, with *others* in the place of its fields."""
    told: dict[str, Any] = {
        "id": signal().id, "at": AT + SECOND, "was": Stage.ACTIVE, "now": Stage.ACTIVE, "reason": Reason.FIRST_TARGET,
        "price": 101.0, "reads": (),
    }  # fmt: skip
    return Transition(**(told | others))


def event(number: int = 0, **others: Any) -> Event:
    """The event of that number, of one group with all others."""
    told: dict[str, Any] = {
        "key": f"key-{number}", "id": f"id-{number}", "happened": Happening.RAISED, "rule": "confluence",
        "name": "long",
        "symbol": f"S{number}USDT", "side": Side.LONG, "at": AT + number, "severity": Severity.WARNING,
        "title": "Confluence long", "sentence": f"sentence {number}", "price": 100.0 + number,
        "reads": (Read("score", 66.0, 0.5),),
    }  # fmt: skip
    return Event(**(told | others))


def alerts(*sinks: str, **others: Any) -> Alerts:
    """Settings with these sinks."""
    return Alerts(sinks=tuple(Secret(sink) for sink in sinks), **others)


def notification(number: int = 0, **others: Any) -> Notification:
    """The notification of that number."""
    told: dict[str, Any] = {
        "id": f"1764000000000-{number:08x}", "channel": "phone", "group": "confluence/long/raised", "at": AT,
        "severity": Severity.WARNING, "title": "Confluence long: BTCUSDT", "text": "it is above 65", "count": 1,
        "symbols": ("BTCUSDT",), "rules": ("confluence",), "link": "http://127.0.0.1:1/#/symbol/BTCUSDT",
    }  # fmt: skip
    return Notification(**(told | others))


def message(number: int = 0, attempt: int = 1, **others: Any) -> Message:
    """That notification on its way."""
    told = notification(number, **others)
    return Message(notification=told, rich=f"<p>{told.text}</p>", attempt=attempt)


class Received(NamedTuple):
    """What a receiver was sent."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """An HTTP receiver on loopback: `answers` in order, then 200 to all. An answer is a status and its headers."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append(Received(self.path, dict(self.headers), body))
                status, headers = outer.answers.pop(0) if outer.answers else (200, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def sink(text: str, folder: Path, say: Callable[[Notification], None] | None = None) -> Sink:
    """The sink that *text* stands for, such as `a file:x`."""
    (spec,) = check(alerts(text))
    return registry.make(spec, Place(folder=folder, clock=EventClock(AT), say=say))


def tables(url: str = "sqlite://") -> sa.Engine:
    """A database with all tables; without *url* one of SQLite in memory, for one thread."""
    engine = sa.create_engine(url, poolclass=sa.StaticPool if url == "sqlite://" else sa.NullPool)
    if url.startswith("sqlite:///"):

        @sa.event.listens_for(engine, "connect")
        def _prepare(connection: Any, _: object) -> None:
            # Readers and the writer do not wait for each other, and nobody waits for the disk.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")

    METADATA.create_all(engine)
    return engine


class Desk(NamedTuple):
    """What makes notifications of events, without a process: over one database, for one venue."""

    engine: sa.Engine
    settings: Alerts
    channels: tuple[Channel, ...]
    gathering: Gathering
    outbox: Outbox

    def put(self, events: Sequence[Event], now: int) -> None:
        """Let *events* wait on every channel that takes them, as an inbox does."""
        rows = [
            {
                "venue": VENUE, "channel": channel.name, "group_key": channel.group_of(one), "symbol": one.symbol,
                "rule": one.rule, "severity": int(one.severity), "since": now,
                "event": msgspec.json.encode(one).decode(),
            }
            for one in events
            for channel in self.channels
            if channel.takes(one)
        ]  # fmt: skip
        with self.engine.begin() as connection:
            if rows:
                connection.execute(sa.insert(ALERT_EVENTS), rows)

    def rows(self, table: sa.Table) -> list[Any]:
        """All rows of *table*, as they came."""
        with self.engine.connect() as connection:
            return list(connection.execute(sa.select(table)))


def desk(engine: sa.Engine, *sinks: str, seed: int = 1, **others: Any) -> Desk:
    """One for these sinks."""
    settings = alerts(*sinks, **others)
    channels = (history(settings), *(channel_of(spec, settings) for spec in check(settings)))
    texts = Texts(None, "http://here:1", lambda _: None)
    gathering = Gathering(engine, VENUE, channels, texts, Scorecards(engine, VENUE), Random(seed))
    return Desk(engine, settings, channels, gathering, Outbox(engine, VENUE))
