"""Replay: a recording through the same parser and the same engine, as fast as it goes or at a stated pace."""

from collections.abc import Callable, Iterable

import msgspec

from tidemark.backtest.survey import decoded
from tidemark.engine.intake import Intake
from tidemark.model.events import ClockJump, Listing, MarketEvent, ServerTime, StreamGap
from tidemark.model.instrument import Instrument
from tidemark.store.capture import Kind, Record


class Replay:
    """Drives *intake* with records.

    before: called with the receive time of each record before it is taken, so that a timed replay can wait and a
    progress bar can move; where our clock was set meanwhile, by the clock as it was at the start.
    """

    def __init__(self, intake: Intake, before: Callable[[int], None] | None = None) -> None:
        self.records = 0
        self.first_recv: int | None = None
        self.last_recv = 0
        self._intake = intake
        self._before = before
        self._events = msgspec.json.Decoder(MarketEvent)
        self._has_ticks = False
        self._set_by = 0

    def begin(self, venue: str, instruments: Iterable[Instrument], at: int, exchange_at: int) -> None:
        """List *instruments* and confirm their feed: for recordings that hold frames only.

        at: the first receive time; exchange_at: the exchange's time then.
        """
        self._intake.event(ServerTime(ts_event=exchange_at, ts_recv=at))
        for instrument in instruments:
            self._intake.event(Listing(ts_event=at, ts_recv=at, instrument=instrument))
        self._intake.event(
            StreamGap(ts_event=at, ts_recv=at, venue=venue, channel="trades", symbols=(), gap_to=at, cause="start")
        )

    def take(self, record: Record) -> None:
        """One record. Time passes with the receive times; a recording that holds events brings its own.

        The service writes down every tick, and its first one may come later than the first frames.
        """
        event = decoded(self._events, record, self.records + 1) if record.kind is Kind.EVENT else None
        if isinstance(event, ClockJump):
            self._set_by += event.step_ns
        if self._before is not None:
            self._before(record.ts_recv - self._set_by)
        if self.first_recv is None:
            self.first_recv = record.ts_recv
        self.last_recv = max(self.last_recv, record.ts_recv)
        self.records += 1
        if event is not None:
            self._has_ticks = True
            self._intake.event(event)
            return
        if not self._has_ticks:
            self._intake.pass_time(record.ts_recv)
        self._intake.frame(record.payload, record.ts_recv)

    def end(self, grace_ns: int) -> None:
        """Let the grace pass behind the last record, so that what is over is closed."""
        self._intake.flush()
        if self.last_recv and not self._has_ticks:
            self._intake.pass_time(self.last_recv + grace_ns)
