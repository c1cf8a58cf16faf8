"""What is given up when memory gets short, in the stated order: pushes, book depth, timeframes, markets."""

from collections.abc import Callable, Sequence

import structlog

from tidemark.clock import Clock
from tidemark.live.listings import Listings
from tidemark.live.sink import Sink
from tidemark.memory.ledger import Ledger
from tidemark.memory.pressure import Action, Level
from tidemark.memory.process import Process
from tidemark.memory.ring import Ring
from tidemark.model.events import Shed
from tidemark.model.timeframe import Timeframe

BEAT_S = 0.05
LOOK_S = 1.0
_CONFLATED = 5
log = structlog.get_logger()


class Conflation:
    """How often what was gathered is handed on: to the engine, to the screen, and to whoever registers.

    Memory: two callables for each that registered, which happens while the process is put together.
    """

    def __init__(self) -> None:
        self.is_on = False
        self._listeners: tuple[tuple[Callable[[], None], Callable[[], None]], ...] = ()

    @property
    def beat_s(self) -> float:
        """Between two batches."""
        return BEAT_S * _CONFLATED if self.is_on else BEAT_S

    @property
    def look_s(self) -> float:
        """Between two pictures of the screen."""
        return LOOK_S * _CONFLATED if self.is_on else LOOK_S

    def register(self, enter: Callable[[], None], leave: Callable[[], None]) -> None:
        """Have *enter* called when pushes are to be fewer and larger, and *leave* when they need not be any more."""
        self._listeners = (*self._listeners, (enter, leave))

    def switch(self, *, is_on: bool) -> None:
        """Conflate, or no longer."""
        self.is_on = is_on
        for enter, leave in self._listeners:
            (enter if is_on else leave)()


class Sacrifices:
    """The actions of `Pressure` for a live process.

    set_book_depth: levels of a book kept on each side from now on; None where there are no books. book_depths: the full
    depth first, then ever smaller ones. on_return: told of each timeframe whose candles are kept again, so that
    somebody fetches those that are missing.
    """

    def __init__(
        self,
        *,
        sink: Sink,
        ledger: Ledger,
        process: Process,
        clock: Clock,
        listings: Listings,
        conflation: Conflation,
        timeframes: Sequence[Timeframe],
        set_book_depth: Callable[[int], None] | None = None,
        book_depths: Sequence[int] = (),
        on_return: Callable[[Timeframe], None] = lambda _: None,
    ) -> None:
        self._sink = sink
        self._ledger = ledger
        self._process = process
        self._clock = clock
        self._listings = listings
        self._conflation = conflation
        self._timeframes = tuple(timeframes)
        self.set_book_depth = set_book_depth
        self._book_depths = tuple(book_depths)
        self.on_return = on_return

    def actions(self) -> dict[Level, list[Action]]:
        """In the order of sacrifice."""
        return {
            Level.ELEVATED: [
                self._once("unused memory", self._trim, lambda: None),
                self._once(
                    "frequent pushes",
                    lambda: self._conflation.switch(is_on=True),
                    lambda: self._conflation.switch(is_on=False),
                ),
            ],
            Level.HIGH: [
                *(self._book_action(depth, fuller) for fuller, depth in self._depths()),
                *(self._timeframe_action(timeframe) for timeframe in self._timeframes),
            ],
            Level.CRITICAL: [
                Action(name="the least traded markets", enter=self._give_up_markets, leave=self._listings.take_back)
            ],
        }

    def _depths(self) -> list[tuple[int, int]]:
        return list(zip(self._book_depths, self._book_depths[1:], strict=False))

    def _book_action(self, depth: int, fuller: int) -> Action:
        def deepen(levels: int) -> None:
            if self.set_book_depth is not None:
                self.set_book_depth(levels)

        return self._once(f"books below {depth} levels", lambda: deepen(depth), lambda: deepen(fuller))

    def _timeframe_action(self, timeframe: Timeframe) -> Action:
        def shed(*, is_shed: bool) -> None:
            now = self._clock.now_ns()
            self._sink.on_event(Shed(ts_event=now, ts_recv=now, timeframe=timeframe, is_shed=is_shed))

        def leave() -> None:
            shed(is_shed=False)
            self.on_return(timeframe)

        return self._once(f"{timeframe.value} candles", lambda: shed(is_shed=True), leave)

    def _once(self, name: str, enter: Callable[[], None], leave: Callable[[], None]) -> Action:
        """An action that is not entered again before it was undone."""
        is_entered = False

        def do() -> int | None:
            nonlocal is_entered
            if is_entered:
                return None
            is_entered = True
            return self._measured(enter)

        def undo() -> None:
            nonlocal is_entered
            is_entered = False
            leave()

        return Action(name=name, enter=do, leave=undo)

    def _give_up_markets(self) -> int | None:
        count: int | None = None

        def work() -> None:
            nonlocal count
            count = self._listings.give_up()
            self._release()

        given = self._measured(work)
        return None if count is None else given

    def _measured(self, work: Callable[[], None]) -> int:
        """Do *work*; give by how many bytes the process shrank."""
        before = self._process.resident()
        work()
        self._trim()
        return max(0, before - self._process.resident())

    def _release(self) -> None:
        for owner in self._ledger.owners():
            if isinstance(owner, Ring):
                owner.release_empty()

    def _trim(self) -> None:
        self._process.trim()
