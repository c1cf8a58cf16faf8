"""What the process holds beside candles, on disk so that a restart goes on: derivatives, signals, open gaps."""

import asyncio

import msgspec
import numpy as np
import structlog

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.errors import DECODE_ERRORS
from tidemark.live.sink import Sink
from tidemark.market.candles import PAD_NS
from tidemark.model.events import StreamGap
from tidemark.model.gap import Gap
from tidemark.signals.recent import KEPT_NS, RecentSignals
from tidemark.signals.signals import SavedSignals, Signals
from tidemark.store.signal_log import Place, SignalLog, records_since
from tidemark.store.state import StateFile

EVERY_S = 60.0
_GAPS = "open_gaps"
_SIGNALS = "signals"
log = structlog.get_logger()


class _SavedSignals(msgspec.Struct, frozen=True, kw_only=True):
    """The signals at a moment, and where their log ended then."""

    place: Place
    signals: SavedSignals


class StateKeeper:
    """Writes the state once a minute, and puts it back at a start.

    signals, recent: the log that signals go on by, and what is shown of them; None where nothing is signalled.
    """

    def __init__(
        self,
        file: StateFile,
        engine: Engine,
        sink: Sink,
        clock: Clock,
        venue: str,
        *,
        signals: SignalLog | None = None,
        recent: RecentSignals | None = None,
    ) -> None:
        self._log = signals
        self._recent = recent
        self._file = file
        self._engine = engine
        self._sink = sink
        self._clock = clock
        self._venue = venue

    @property
    def failure(self) -> str | None:
        """Why the state cannot be written; None while it can."""
        return self._file.failure

    async def follow(self) -> None:
        """Write it again and again."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.write()

    def write(self) -> None:
        """Write it now, and what signals a full disk refused."""
        if self._log is not None:
            self._log.flush()
        occupied = self._engine.universe.occupied()
        slots = np.array([slot for slot, _ in occupied], np.int64)
        gaps = [gap for gap in self._engine.gaps.gaps() if gap.gap_to is None]
        self._file.write(
            self._clock.now_ns(),
            [instrument.symbol for _, instrument in occupied],
            self._engine.kept(),
            {_GAPS: msgspec.json.encode(gaps).decode()} | self._signals(),
            slots,
        )

    def _signals(self) -> dict[str, str]:
        signals = self._engine.signals
        if signals is None or self._log is None:
            return {}
        saved = _SavedSignals(place=self._log.place, signals=signals.saved())
        return {_SIGNALS: msgspec.json.encode(saved).decode()}

    def restore(self) -> int:
        """Put back what was kept of the listed symbols; give how many that were. To be called after the listings.

        Gaps that were open go on; the time since the last candle is a gap of the trades as well.
        """
        state = self._file.read()
        restored = 0
        if state is not None:
            columns = self._engine.kept()
            known = [(i, self._engine.universe.slots.get(symbol)) for i, symbol in enumerate(state.symbols)]
            for i, slot in known:
                restored += slot is not None
                for name, column in columns.items():
                    kept = state.arrays.get(name)
                    # Another version or setting has other columns: what does not fit is asked for again.
                    if slot is not None and kept is not None and kept.shape[1:] == column.shape[1:]:
                        column[slot] = kept[i]
                if slot is not None:
                    self._engine.derivatives.resume(slot, state.taken_at + self._engine.candles.time.offset_ns)
            self._open_again(state.texts.get(_GAPS, "[]"))
        if self._engine.signals is not None and self._log is not None:
            self._resume(self._engine.signals, self._log, None if state is None else state.texts.get(_SIGNALS))
        self._open_since_candles()
        return restored

    def _resume(self, signals: Signals, signal_log: SignalLog, text: str | None) -> None:
        """Let signals go on from what was saved, and from what was told since: all of a day where nothing was."""
        place = Place("", 0)
        if text is not None:
            try:
                saved = msgspec.json.decode(text, type=_SavedSignals)
            except DECODE_ERRORS as error:
                log.warning("signals of the last run cannot be read", cause=str(error))
            else:
                place = saved.place
                left_out = signals.resume(saved.signals)
                if left_out:
                    log.warning("open signals left out: their rule is no more", count=left_out)
        for slot, instrument in self._engine.universe.occupied():
            signals.join(slot, instrument.symbol)
        oldest = self._clock.now_ns() + self._engine.candles.time.offset_ns - KEPT_NS
        told = (record for record in records_since(signal_log.folder, place) if record.at >= oldest)
        signal_log.offer(signals.again(told))
        if self._recent is not None:
            everything = records_since(signal_log.folder, Place("", 0))
            self._recent.take(record for record in everything if record.at >= oldest)

    def _open_again(self, text: str) -> None:
        try:
            gaps = msgspec.json.decode(text, type=list[Gap])
        except DECODE_ERRORS as error:
            log.warning("open gaps of the last run cannot be read", cause=str(error))
            return
        for gap in gaps:
            if gap.symbol in self._engine.universe.slots:
                self._open(gap.channel, (gap.symbol,), gap.gap_from, gap.cause)

    def _open_since_candles(self) -> None:
        """Whoever has restored candles was not seen since the newest of them."""
        candles = self._engine.candles
        base = candles.timeframes[0]
        since: dict[int, list[str]] = {}
        for slot, instrument in self._engine.universe.occupied():
            newest = candles.newest(slot, base)
            if newest is not None:
                # It has closed, so it was seen whole: the doubt before the beginning of a gap must not reach it, also
                # when the exchange's clock turns out to be a little further behind.
                ended = newest + base.ns + 2 * PAD_NS
                since.setdefault(ended - candles.time.offset_ns, []).append(instrument.symbol)
        for gap_from, symbols in sorted(since.items()):
            if gap_from < self._clock.now_ns():
                self._open("trades", tuple(symbols), gap_from, "restart")

    def _open(self, channel: str, symbols: tuple[str, ...], gap_from: int, cause: str) -> None:
        now = self._clock.now_ns()
        self._sink.on_event(
            StreamGap(
                ts_event=now, ts_recv=now, venue=self._venue, channel=channel, symbols=symbols, gap_from=gap_from,
                cause=cause,
            )
        )  # fmt: skip
