"""Gaps, and what mends them: the exchange's own candles, and trades that were fetched afterwards."""

from collections.abc import Sequence

from tidemark.engine.outputs import GapNoted, Output
from tidemark.market.candles import Candles
from tidemark.market.gaps import Gaps
from tidemark.market.level import Array
from tidemark.market.universe import Universe
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.model.events import Kline, Klines, StreamGap, Trades
from tidemark.model.gap import Gap, Repair
from tidemark.model.instrument import Instrument
from tidemark.model.klines import as_klines
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE

# A candle with all its figures, boxed.
_EARLY_BYTES = 640


class Repairs:
    """Keeps the gaps, and meets what the exchange says of closed candles.

    A closed candle that the exchange pushes before ours is closed waits for it: one a slot.
    """

    def __init__(
        self, *, universe: Universe, candles: Candles, series: int, timeframes: tuple[Timeframe, ...], ledger: Ledger
    ) -> None:
        self.gaps = Gaps(series=series, timeframes=timeframes, ledger=ledger)
        self.unused = 0
        self._universe = universe
        self._candles = candles
        self._early: list[Kline | None] = [None] * series
        self._earlies = 0
        self._counted_ns = next((timeframe.ns for timeframe in timeframes if timeframe.ns >= MINUTE), 0)
        self._reviewed = -1
        ledger.external("candles/early", cap_bytes=series * _EARLY_BYTES, probe=lambda: self._earlies * _EARLY_BYTES)

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        early = Reservation(
            owner="candles/early",
            kind="external",
            capacity=series * _EARLY_BYTES,
            item_bytes=1,
            policy="a cap, watched by a probe",
        )
        return [*Gaps.reserve(series=series), early]

    def mark(self, gap: StreamGap, slots: Array) -> list[Output]:
        """A gap of *slots* opened or closed; to be called after the candles took it."""
        noted: list[Output] = []
        for slot in slots.tolist():
            instrument = self._universe.instrument(slot)
            if instrument is not None:
                found = self.gaps.mark(slot, instrument.symbol, gap, self._candles)
                if found is not None:
                    noted.append(GapNoted(gap=found))
        return noted

    def confirm(self, klines: Klines) -> Sequence[Output]:
        """Meet the exchange's candles of one symbol, and look at its gaps again."""
        slot, instrument = self._find(klines.symbol)
        if instrument is None:
            return ()
        outputs: list[Output] = list(self._candles.confirm(slot, klines, instrument.lot_size, self._spans(slot)))
        return [*outputs, *self._review(slot, Repair.KLINES)]

    def push(self, kline: Kline) -> Sequence[Output]:
        """Meet a candle that the exchange pushed; it waits when ours of that time is not closed yet."""
        slot, instrument = self._find(kline.symbol)
        if instrument is None:
            return ()
        time = self._candles.time
        if time.frontier >= 0 and kline.open_time + kline.timeframe.ns > time.frontier_ns:
            # One that is far ahead would wait for ever.
            if kline.open_time <= time.frontier_ns + kline.timeframe.ns and kline.timeframe in self._candles.timeframes:
                self._earlies += self._early[slot] is None
                self._early[slot] = kline
            else:
                self.unused += 1
            return ()
        return self.confirm(_alone(kline))

    def settle(self) -> Sequence[Output]:
        """What follows from candles of ours having closed, in the order of their slots.

        Those of the exchange that waited for them are met. And the minute in which a gap ended was open when the gap
        was looked at last: trades that were fetched meanwhile may have made it whole.
        """
        outputs: list[Output] = []
        frontier_ns = self._candles.time.frontier_ns
        if self._counted_ns and frontier_ns // self._counted_ns > self._reviewed:
            self._reviewed = frontier_ns // self._counted_ns
            for slot in sorted({unseen.slot for unseen in self.gaps.unmended()}):
                outputs.extend(self._review(slot, Repair.TRADES))
        if not self._earlies:
            return outputs
        for slot, kline in enumerate(self._early):
            if kline is not None and kline.open_time + kline.timeframe.ns <= frontier_ns:
                self._early[slot] = None
                self._earlies -= 1
                outputs.extend(self.confirm(_alone(kline)))
        return outputs

    def complete(self, trades: Trades) -> Sequence[Output]:
        """Take trades that were fetched after a gap, and look at the symbol's gaps again."""
        slot, instrument = self._find(trades.symbol)
        if instrument is None:
            return ()
        outputs: list[Output] = list(self._candles.complete(slot, trades, instrument.lot_size, self._spans(slot)))
        return [*outputs, *self._review(slot, Repair.TRADES)]

    def leave(self, slot: int, ts_recv: int) -> list[Output]:
        """The market of *slot* is gone: its open gaps end with it."""
        return [GapNoted(gap=gap) for gap in self.gaps.leave(slot, ts_recv)]

    def clear(self, slot: int) -> None:
        """Forget what waits of *slot*."""
        self._earlies -= self._early[slot] is not None
        self._early[slot] = None

    def _find(self, symbol: str) -> tuple[int, Instrument | None]:
        """The slot of a symbol and its instrument; None, and counted, when it has none."""
        slot = self._universe.slots.get(symbol, -1)
        if slot < 0:
            self.unused += 1
            return slot, None
        return slot, self._universe.instrument(slot)

    def _review(self, slot: int, repair: Repair) -> list[Output]:
        changed: list[Gap] = self.gaps.review(slot, repair, self._candles)
        return [GapNoted(gap=gap) for gap in changed]

    def _spans(self, slot: int) -> list[tuple[int, int]]:
        return self.gaps.spans(slot, self._candles.time.now_ns)


def _alone(kline: Kline) -> Klines:
    return as_klines(kline.symbol, kline.timeframe, kline.open_time, 1, [kline], kline.ts_recv)
