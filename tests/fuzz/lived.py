"""A small engine that lived through some minutes, and what it left on disk: what the readers of files begin with."""

from pathlib import Path
from typing import Any

from tests.build import MIDNIGHT, T, columns, engine, feed, fresh

from tidemark.clock import EventClock
from tidemark.engine.intake import Intake
from tidemark.engine.step import Engine
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.venues import registry
from tidemark.live.sink import Sink, keep
from tidemark.live.state import StateKeeper
from tidemark.market.closed import Closed
from tidemark.memory.ledger import Ledger
from tidemark.model.events import Funding, Liquidation, OpenInterest, StreamGap
from tidemark.model.gap import Gap, Repair
from tidemark.store.gap_log import GapLog
from tidemark.store.journal_writer import JournalWriter
from tidemark.store.state import StateFile
from tidemark.store.trade_log import TradeLog
from tidemark.units import HOUR, MIB, SECOND

BOTH = ("AUSDT", "BUSDT")
NOW = MIDNIGHT + HOUR
_TRADES = [T(at, 100.0 + at / 10, slot=at % 2, number=at + 1) for at in range(400)]


class Service:
    """Engine, intake and sink, as a service has them, with the state in *folder*."""

    def __init__(self, folder: Path) -> None:
        self.engine: Engine = engine(BOTH)
        self.sink = Sink(EventClock(NOW), Rejects(folder / "rejects"), None)
        parser = registry.find("bybit").parser(self.engine.universe.slots)
        self.intake = Intake(
            self.engine, parser, Ledger(), deliver=lambda outputs: None, reject=lambda error, payload: None
        )
        self.sink.intake = self.intake
        self.file = StateFile(folder / "state")
        self.keeper = StateKeeper(self.file, self.engine, self.sink, EventClock(NOW), "bybit")


def journal(folder: Path) -> Engine:
    """Write the journal of 400 seconds of trades into *folder*; give the engine that lived through them."""
    made = engine(BOTH)
    writer = JournalWriter(folder, {"10s": 1000, "1m": 1000, "5m": 1000}, max_bytes=8 * MIB, ledger=Ledger())
    keep([output for output in feed(made.candles, _TRADES) if isinstance(output, Closed)], made, writer)
    return made


def trades(folder: Path) -> None:
    """Write the same trades into a log of trades."""
    log = TradeLog(folder, max_bytes=8 * MIB, ledger=Ledger())
    log.offer(columns(_TRADES), fresh(len(_TRADES)), lambda slot: BOTH[slot] if slot < 2 else None)


def gaps(folder: Path) -> None:
    """Write gaps of all kinds into a log of gaps."""
    log = GapLog(folder, MIB, Ledger())
    for number, repair in enumerate(Repair):
        since = MIDNIGHT + number * SECOND
        for until in (None, since + SECOND):
            log.offer(
                Gap(venue="bybit", symbol=BOTH[number % 2], channel="trades", gap_from=since, gap_to=until,
                    cause="closed by peer", repair=repair, repaired=number, lost=1)
            )  # fmt: skip


def state(folder: Path) -> bytes:
    """The state file of a service with derivatives and an open gap."""
    made = Service(folder)
    for symbol in BOTH:
        common: dict[str, Any] = {"ts_event": NOW, "ts_recv": NOW, "symbol": symbol}
        made.sink.on_event(OpenInterest(**common, value=7.5))
        made.sink.on_event(Funding(**common, rate=0.0001, due_at=NOW))
        made.sink.on_event(Liquidation(**common, price=10.0, size=1.0, is_long=True))
    made.sink.on_event(
        StreamGap(ts_event=NOW, ts_recv=NOW, venue="bybit", channel="books", symbols=("AUSDT",), gap_from=NOW - SECOND,
                  cause="closed by peer")
    )  # fmt: skip
    made.intake.flush()
    made.keeper.write()
    return (folder / "state").read_bytes()
