"""What is asked of the past: what is in the database, which this process never opens itself."""

from collections.abc import AsyncGenerator, Callable
from typing import Generic, Protocol, TypeVar

import msgspec

from tidemark.api.past_backtests import ComparedBacktests, EquityPoints, KeptBacktest, ListedBacktest
from tidemark.model.gap import Gap
from tidemark.model.notification import Notification
from tidemark.model.round_trip import RoundTrip
from tidemark.model.signal import Outcome, Signal, Stage, Transition

Row = TypeVar("Row")


class GapFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which gaps: None stands for all. since_ns: those that lasted beyond it; until_ns: those that began before it."""

    venue: str | None = None
    symbol: str | None = None
    channel: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    only_open: bool = False


class SignalFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which signals, or what came of them: None stands for all. since_ns, until_ns: raised then or later, and before.

    only_open: of signals, those that something can still become of.
    """

    rule: str | None = None
    symbol: str | None = None
    side: int | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    only_open: bool = False


class NotificationFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which notifications of the history: all of them, or those that nobody has read."""

    only_unread: bool = False


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A notification that did not arrive. number: by which it is resent. at: when it was given up (ns)."""

    number: int
    sink: str
    at: int
    attempts: int
    error: str
    title: str


class KeptSignal(msgspec.Struct, frozen=True, kw_only=True):
    """A signal, where it stands since `moved_at` (ns), and what came of it so far; None where it is not graded."""

    signal: Signal
    stage: Stage
    moved_at: int
    outcome: Outcome | None


class SignalStory(msgspec.Struct, frozen=True, kw_only=True):
    """A signal with all that became of it, oldest first, and what came of it and of the random entry against it."""

    kept: KeptSignal
    transitions: tuple[Transition, ...]
    random: Outcome | None


class Graded(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the newest trades that fit and of the random entries against them, oldest first.

    What no figure is made of is left out: the returns of each horizon. is_cut: there were more.
    """

    outcomes: tuple[Outcome, ...]
    is_cut: bool = False
    note: str | None = None


class Page(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """Some rows, the newest first, and what to ask the next page with: None where there is none.

    count: of all that fit, on every page; None where it was not asked for. note: why there is nothing, where that has
    a reason that the question does not know.
    """

    rows: tuple[Row, ...]
    next_before: str | None = None
    count: int | None = None
    note: str | None = None


class PoolFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A pool of connections to a database.

    url: without its secrets. kept, beyond: how many stay open, and how many more there may be. lent of the `open` ones
    are in use, `waiting` wait for one. Since the start: answered questions; refused at once; timeouts of those who
    waited; statements that were ended because they took too long; errors. slowest: a statement, without its values.
    failure: why no connection can be made at the moment.
    """

    kind: str
    url: str
    kept: int
    beyond: int
    open: int
    lent: int
    waiting: int
    answered: int
    refused: int
    timeouts: int
    statements_ended: int
    errors: int
    longest_held_s: float
    slowest_s: float
    slowest: str
    failure: str | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the way to the database is, without asking it."""

    is_well: bool
    detail: str


class PastBacktests(Protocol):
    """Answers it. DatabaseError, worth a retry, where the database cannot."""

    async def page(self, *, limit: int, before: str | None, counts: bool) -> Page[ListedBacktest]:
        """At most *limit* runs, the newest first, behind the cursor *before*; RequestError where that is none."""
        ...

    async def find(self, run: str) -> KeptBacktest | None:
        """The run of that id; None where there is none."""
        ...

    async def trips(self, run: str, *, symbol: str | None, after: int, limit: int) -> list[RoundTrip] | None:
        """At most *limit* round trips of a run beyond the number *after*, by numbers; None where there is no such run.

        symbol: only those of this market.
        """
        ...

    def every_trip(self, run: str, *, symbol: str | None) -> AsyncGenerator[list[RoundTrip], None]:
        """All round trips of a run by numbers, some hundred at a time."""
        ...

    async def equity(self, run: str) -> EquityPoints | None:
        """What a run was worth over time; None where there is no such run."""
        ...

    async def compared(self, first: str, second: str) -> ComparedBacktests:
        """Two runs side by side; RequestError (404) where one is not there, (409) where one has no result."""
        ...


class Past(Protocol):
    """Answers from the database; DatabaseError, worth a retry, where it does not answer in time."""

    @property
    def now_ms(self) -> int:
        """What an answer is as of, by our clock."""
        ...

    @property
    def backtests(self) -> PastBacktests:
        """The runs of backtests."""
        ...

    async def gaps(self, wanted: GapFilter, *, limit: int, before: str | None, counts: bool) -> Page[Gap]:
        """At most *limit* of them, the newest first, behind the cursor *before*; RequestError where that is none."""
        ...

    def every_gap(self, wanted: GapFilter) -> AsyncGenerator[list[Gap], None]:
        """All of them, the newest first, some hundred at a time, as they were at one moment."""
        ...

    async def signals(self, wanted: SignalFilter, *, limit: int, before: str | None, counts: bool) -> Page[KeptSignal]:
        """At most *limit* of them, the newest first, behind the cursor *before*; RequestError where that is none."""
        ...

    def every_signal(self, wanted: SignalFilter) -> AsyncGenerator[list[KeptSignal], None]:
        """All of them, the newest first, some hundred at a time, as they were at one moment."""
        ...

    async def signal(self, identity: str) -> SignalStory | None:
        """The signal of that id; None where there is none."""
        ...

    async def outcomes(
        self, wanted: SignalFilter, *, random: bool, limit: int, before: str | None, counts: bool
    ) -> Page[Outcome]:
        """At most *limit* of what came of trades, the newest first; with *random* also of the random entries."""
        ...

    def every_outcome(self, wanted: SignalFilter, *, random: bool) -> AsyncGenerator[list[Outcome], None]:
        """All of them, the newest first, some hundred at a time, as they were at one moment."""
        ...

    async def judged(self, wanted: SignalFilter, most: int, judge: Callable[[Graded], Row]) -> Row:
        """What *judge* makes, beside the loop, of the newest *most* of what came of trades and random entries."""
        ...

    async def notifications(
        self, wanted: NotificationFilter, *, limit: int, before: str | None, counts: bool
    ) -> Page[Notification]:
        """At most *limit* of what people were told, the newest first, behind the cursor *before*."""
        ...

    async def dead_letters(self, *, limit: int, before: str | None, counts: bool) -> Page[DeadLetter]:
        """At most *limit* notifications that were given up, the newest first, behind the cursor *before*."""
        ...

    async def check(self) -> float:
        """Milliseconds that the database takes for the smallest question."""
        ...

    def figures(self) -> PoolFigures:
        """Of the pool that it is asked through."""
        ...
