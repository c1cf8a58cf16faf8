"""What is known of a market beside its trades and its book: open interest, funding, accounts and liquidations."""

from tidemark.market.five_minutes import Array
from tidemark.market.funding import FundingReading, Fundings
from tidemark.market.liquidations import Liquidations
from tidemark.market.open_interest import OpenInterestSeries
from tidemark.market.ratio import RatioSeries
from tidemark.market.tickers import Tickers
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.model.events import Funding, Liquidation, LongShortRatio, OpenInterest, StreamGap, TickerUpdate
from tidemark.model.instrument import Instrument

# Liquidations kept of each market.
LIQUIDATIONS = 100
_CHANNEL = "liquidations"


class Derivatives:
    """Takes the events of derivatives in the order in which they were told; what they leave is read from the parts.

    Times of events are the exchange's; those of gaps are ours, and are put on the exchange's clock by its own word.
    """

    def __init__(self, *, series: int, liquidations: int, tickers: Tickers, ledger: Ledger) -> None:
        self.open_interest = OpenInterestSeries(series=series, ledger=ledger)
        self.ratio = RatioSeries(series=series, ledger=ledger)
        self.fundings = Fundings(series=series, ledger=ledger)
        self.liquidations = Liquidations(series=series, rows=liquidations, ledger=ledger)
        self._tickers = tickers
        self._offset_ns = 0

    @staticmethod
    def reserve(*, series: int, liquidations: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [
            *OpenInterestSeries.reserve_series(series=series),
            *RatioSeries.reserve_series(series=series),
            *Fundings.reserve(series=series),
            *Liquidations.reserve(series=series, rows=liquidations),
        ]

    @property
    def refused(self) -> int:
        """Events that were not believed, too old to be kept, or repetitions of a liquidation."""
        parts = (self.open_interest, self.ratio, self.fundings, self.liquidations)
        return sum(part.refused for part in parts) + self.liquidations.duplicates

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, by name: arrays of which entry i belongs to slot i."""
        parts = (self.open_interest, self.ratio, self.fundings, self.liquidations)
        return {name: column for part in parts for name, column in part.kept().items()}

    def resume(self, slot: int, until: int) -> None:
        """What was kept of *slot* is in place again; it was told until *until* of the exchange's time."""
        self.liquidations.resume(slot, until)

    def shift(self, step_ns: int) -> None:
        """Our clock was set: what was received before reads *step_ns* more."""
        self._offset_ns -= step_ns
        for part in (self.open_interest, self.ratio, self.fundings, self.liquidations):
            part.shift(step_ns)

    def observe(self, difference_ns: int) -> None:
        """Take the exchange's own word for its time minus ours."""
        self._offset_ns = difference_ns

    def join(self, slot: int, instrument: Instrument, ts_recv: int) -> None:
        """*instrument* takes *slot*, which is empty."""
        self.fundings.join(slot, instrument.funding_interval_h)
        self.liquidations.join(slot, ts_recv + self._offset_ns)

    def apply(self, slot: int, event: Funding | OpenInterest | LongShortRatio | Liquidation) -> bool:
        """Take one event of *slot*; False, and counted, for what is not believed, too old or a repetition."""
        match event:
            case OpenInterest():
                return self.open_interest.add(slot, event.value, event.ts_event, event.ts_recv, self._offset_ns)
            case LongShortRatio():
                return self.ratio.add(slot, event.long_share, event.ts_event, event.ts_recv, self._offset_ns)
            case Funding():
                return self.fundings.add(slot, event.rate, event.due_at, event.ts_recv, self._offset_ns)
            case Liquidation():
                return self.liquidations.add(
                    slot,
                    ts_event=event.ts_event,
                    ts_recv=event.ts_recv,
                    price=event.price,
                    size=event.size,
                    is_long=event.is_long,
                    offset_ns=self._offset_ns,
                )

    def take_ticker(self, slot: int, update: TickerUpdate) -> None:
        """The open interest in a ticker is a reading of it."""
        if update.open_interest is not None:
            self.open_interest.add(slot, update.open_interest, update.ts_event, update.ts_recv, self._offset_ns)

    def mark_gap(self, gap: StreamGap, slots: Array) -> None:
        """The feed of *slots* is broken off or whole again; only that of liquidations counts here."""
        if gap.channel != _CHANNEL:
            return
        begin, end = (None if at is None else at + self._offset_ns for at in (gap.gap_from, gap.gap_to))
        self.liquidations.mark_gap(slots, begin, end, is_venue=not gap.symbols)

    def funding(self, slot: int) -> FundingReading:
        """What is due next and what was settled."""
        rate = self._tickers.field(slot, "funding_rate")
        return self.fundings.reading(
            slot,
            rate=None if rate is None else rate.value,
            next_at=self._tickers.next_funding_at(slot),
            ts_recv=None if rate is None else rate.ts_recv,
        )

    def clear(self, slot: int) -> None:
        """Forget the market of *slot*."""
        for part in (self.open_interest, self.ratio, self.fundings, self.liquidations):
            part.clear(slot)
