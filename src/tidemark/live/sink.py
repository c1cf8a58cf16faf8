"""Where frames and gaps of all connections end: in the capture, if there is one, and in the intake."""

import structlog

from tidemark.clock import Clock
from tidemark.engine.intake import Intake
from tidemark.engine.outputs import BookTurned, Output, Relisted
from tidemark.engine.step import Engine
from tidemark.errors import FrameError
from tidemark.ingest.rejects import Rejects
from tidemark.market.closed import Closed, Mismatched
from tidemark.model.book import BookBreak
from tidemark.model.events import MarketEvent, StreamGap
from tidemark.store.capture_writer import CaptureWriter
from tidemark.store.journal_writer import JournalWriter
from tidemark.units import SECOND

log = structlog.get_logger()


class Sink:
    """The `Sink` of every connection of a feed, and what the engine's outputs are delivered to.

    What is recorded is all that the engine was told, in the order in which it was told: a replay of the recording
    gives the same outputs.
    """

    def __init__(self, clock: Clock, rejects: Rejects, capture: CaptureWriter | None) -> None:
        self.intake: Intake | None = None
        self._clock = clock
        self._rejects = rejects
        self._capture = capture
        self._connection = ""

    def on_frame(self, connection_id: str, payload: memoryview, ts_recv: int) -> None:
        """One message of a connection; *payload* is valid during the call only."""
        if self.intake is None:
            return
        self._connection = connection_id
        ts_event = self.intake.frame(payload, ts_recv)
        if self._capture is not None:
            number = connection_id.rpartition("-")[2]
            self._capture.frame(int(number) if number.isdecimal() else 0, payload, ts_recv, ts_event)

    def on_gap(self, gap: StreamGap) -> None:
        """A feed broke off, or is whole again."""
        self.on_event(gap)

    def on_event(self, event: MarketEvent) -> None:
        """Something that is in no frame."""
        if self.intake is not None:
            self.intake.event(event)
        if self._capture is not None:
            self._capture.event(event)

    def pass_time(self) -> None:
        """Tell the engine what time it is."""
        if self.intake is None:
            return
        for tick in self.intake.pass_time(self._clock.now_ns()):
            if self._capture is not None:
                self._capture.event(tick)

    def reject(self, error: FrameError, payload: bytes | memoryview) -> None:
        """A frame that could not be used."""
        self._rejects.add(error.kind, str(error), payload, self._connection, self._clock.now_ns())


def announce(outputs: list[Output]) -> None:
    """Tell the log what somebody should know of."""
    for output in outputs:
        if isinstance(output, Relisted):
            log.warning(
                "tick size changed, candles restated",
                symbol=output.symbol,
                was=output.old_tick_size,
                now=output.tick_size,
            )
    broken = [output for output in outputs if isinstance(output, BookTurned) and not output.is_synced]
    if broken:
        log.warning(
            "order books out of sync",
            count=len(broken),
            reasons=sorted({output.reason.name.lower() for output in broken}),
            symbols=[output.symbol for output in broken[:5]],
        )
    # At the start every book comes in sync for the first time: nothing was wrong with it.
    mended = [
        output.out_ns
        for output in outputs
        if isinstance(output, BookTurned) and output.is_synced and output.reason is not BookBreak.NONE
    ]
    if mended:
        log.info("order books in sync", count=len(mended), longest_s=max(mended) / SECOND)

    wrong = [output for output in outputs if isinstance(output, Mismatched)]
    if wrong:
        log.info(
            "candles differed from the exchange's, which hold now",
            count=sum(len(output.open_times) for output in wrong),
            timeframes=sorted({output.timeframe.value for output in wrong}),
        )


def keep(outputs: list[Output], engine: Engine, journal: JournalWriter) -> None:
    """Write the candles among *outputs* to the journal."""
    for output in outputs:
        if not isinstance(output, Closed):
            continue
        instruments = [engine.universe.instrument(slot) for slot in output.slots.tolist()]
        # A market that has left since then has no name any more, and nobody asks for its candles.
        held = [i for i, instrument in enumerate(instruments) if instrument is not None]
        journal.offer(
            output.timeframe.value,
            [instrument.symbol for instrument in instruments if instrument is not None],
            output.open_times[held],
            output.tick_sizes[held],
            {name: column[held] for name, column in output.rows.items()},
        )
