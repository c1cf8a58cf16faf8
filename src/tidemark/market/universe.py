"""Which instrument occupies which slot."""

from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.model.instrument import Instrument

# An instrument, its strings, and its entries in the map and the list: the calibration test holds this to be enough.
_ITEM_BYTES = 1024
_FIXED_BYTES = 4096


class Universe:
    """N identical slots; joining and leaving never changes how much memory there is.

    `slots` is symbol to slot, as it is now: parsers look symbols up in it, only this class writes it.
    """

    def __init__(self, *, series: int, ledger: Ledger) -> None:
        self.reservation = self.reserve(series=series)[0]
        self.slots: dict[str, int] = {}  # bounded: one entry an occupied slot
        self._instruments: list[Instrument | None] = [None] * series
        self._occupied: tuple[tuple[int, Instrument], ...] | None = ()  # bounded: one entry an occupied slot
        self._free = list(range(series - 1, -1, -1))
        self._peak = 0
        self._rejected = 0
        ledger.open(self)

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [
            Reservation(
                owner="universe",
                kind="map",
                capacity=series,
                item_bytes=_ITEM_BYTES,
                fixed_bytes=_FIXED_BYTES,
                policy="refuses the next listing",
            )
        ]

    def usage(self) -> Usage:
        """Slots that are occupied."""
        used = len(self.slots)
        return Usage(used=used, peak=self._peak, bytes_used=_FIXED_BYTES + used * _ITEM_BYTES, rejected=self._rejected)

    def join(self, instrument: Instrument) -> int | None:
        """The slot that *instrument* takes, the lowest that is free; None, and counted, when none is.

        A symbol that has a slot keeps it, with the instrument's new figures.
        """
        slot = self.slots.get(instrument.symbol)
        if slot is None:
            if not self._free:
                self._rejected += 1
                return None
            slot = self._free.pop()
            self.slots[instrument.symbol] = slot
            self._peak = max(self._peak, len(self.slots))
        self._instruments[slot] = instrument
        self._occupied = None
        return slot

    def leave(self, symbol: str) -> int | None:
        """The slot that *symbol* gives back, None when it had none."""
        slot = self.slots.pop(symbol, None)
        if slot is not None:
            self._instruments[slot] = None
            self._occupied = None
            self._free.append(slot)
            self._free.sort(reverse=True)
        return slot

    def instrument(self, slot: int) -> Instrument | None:
        """Who occupies *slot*."""
        return self._instruments[slot]

    def occupied(self) -> tuple[tuple[int, Instrument], ...]:
        """The occupied slots, in order; the same object until somebody joins or leaves."""
        if self._occupied is None:
            pairs = enumerate(self._instruments)
            self._occupied = tuple((slot, instrument) for slot, instrument in pairs if instrument is not None)
        return self._occupied
