"""What has to hold at every moment of a process, whatever happens around it."""

import hashlib
from collections.abc import Callable

import numpy as np

from tidemark.engine.intake import Intake
from tidemark.engine.outputs import BookTurned, GapNoted, Output
from tidemark.engine.step import Engine
from tidemark.market.closed import Closed, Revised
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.units import SECOND

# A broken invariant is told once a kind and so often in all: a thousand of them say no more.
_MOST = 50
# The sum of what was bought is float32, as is that of all.
_ROUNDING = 1e-5


class Invariants:
    """Looks at everything that a process gives out, and at what it holds.

    `broken` has one line a finding, with the time of the loop; `digest` covers all outputs, in order.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.broken: list[str] = []  # bounded: by `_MOST`
        self.outputs = 0
        self._now_s = now_s
        self._hash = hashlib.blake2b(digest_size=16)
        self._newest: dict[tuple[str, str], int] = {}  # bounded: the markets and timeframes of one simulation
        self._told: set[str] = set()  # bounded: by `_MOST`
        self._held: tuple[Engine, Ledger] | None = None

    @property
    def digest(self) -> str:
        """Of all outputs so far, in hexadecimal digits."""
        return self._hash.hexdigest()

    def attach(self, intake: Intake, ledger: Ledger) -> None:
        """Look at the engine behind *intake* from now on, at all that it gives out, and at *ledger*."""
        self._held = (intake.engine, ledger)
        # What a restart restores was closed before: it begins anew.
        self._newest.clear()
        onwards = intake.deliver

        def deliver(outputs: list[Output]) -> None:
            for output in outputs:
                self._take(output, intake.engine)
            onwards(outputs)

        intake.deliver = deliver

    def look(self) -> None:
        """What the process holds now."""
        if self._held is None:
            return
        engine, ledger = self._held
        for words in ledger.violations():
            self.tell(words)
        books = engine.books
        if books is None:
            return
        tops = books.tops()
        for slot in np.flatnonzero(tops.is_known & (tops.bid >= tops.ask)).tolist():
            instrument = engine.universe.instrument(slot)
            name = instrument.symbol if instrument is not None else f"of slot {slot}"
            self.tell(f"the book {name} can be read and is crossed: {tops.bid[slot]} to {tops.ask[slot]}")

    def tell(self, words: str) -> None:
        """Note that something is broken."""
        if words not in self._told and len(self.broken) < _MOST:
            self._told.add(words)
            self.broken.append(f"at {self._now_s():.3f} s: {words}")

    def _take(self, output: Output, engine: Engine) -> None:
        self.outputs += 1
        if isinstance(output, Closed):
            self._candles(output, engine)
        elif isinstance(output, GapNoted):
            self._hash.update(repr(output.gap).encode())
            gap = output.gap
            if gap.gap_to is not None and gap.gap_to < gap.gap_from:
                self.tell(f"a gap ends before it begins: {gap}")
        elif isinstance(output, BookTurned):
            self._hash.update(repr(output).encode())

    def _candles(self, closed: Closed, engine: Engine) -> None:
        rows = closed.rows
        for column in (closed.slots, closed.open_times, closed.tick_sizes, *rows.values()):
            self._hash.update(np.ascontiguousarray(column).tobytes())
        name = "revised" if isinstance(closed, Revised) else "closed"
        origin = rows["marks"] & 7
        held = origin != Origin.ABSENT
        opened, high, low, close = (rows[name] for name in ("open", "high", "low", "close"))
        volume, bought = rows["volume"].astype(np.float64), rows["bought"].astype(np.float64)
        rules = {
            "a high below the rest": held & (high < np.maximum(opened, np.maximum(close, low))),
            "a low above the rest": held & (low > np.minimum(opened, np.minimum(close, high))),
            "no price": held & (low <= 0),
            "a negative or endless volume": held & ~((volume >= 0) & np.isfinite(volume)),
            "more bought than traded": held & (origin != Origin.EXCHANGE) & (bought > volume * (1 + _ROUNDING)),
            "an open time off its grid": closed.open_times % closed.timeframe.ns != 0,
        }
        for words, wrong in rules.items():
            for at in np.flatnonzero(wrong).tolist():
                self.tell(f"{name} {self._name(engine, closed, at)} has {words}")
        if isinstance(closed, Revised):
            return
        for at, slot in enumerate(closed.slots.tolist()):
            instrument = engine.universe.instrument(slot)
            if instrument is None:
                continue
            key = (closed.timeframe.value, instrument.symbol)
            opens = int(closed.open_times[at])
            if opens <= self._newest.get(key, -1):
                self.tell(f"closed {self._name(engine, closed, at)} comes again, or after a later one")
            self._newest[key] = max(opens, self._newest.get(key, -1))

    @staticmethod
    def _name(engine: Engine, closed: Closed, at: int) -> str:
        instrument = engine.universe.instrument(int(closed.slots[at]))
        symbol = instrument.symbol if instrument is not None else f"slot {closed.slots[at]}"
        return f"{closed.timeframe.value} of {symbol} at {int(closed.open_times[at]) // SECOND}"
