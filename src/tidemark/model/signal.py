"""A signal, what becomes of it, and what came of it: what is written down, and read again by any later version.

Times are the exchange's (ns since the epoch), prices in quote currency. Each record says its `version`; fields that a
later one adds have a default.
"""

from enum import IntEnum, StrEnum

import msgspec

VERSION = 1
# The name of what is said of all markets together, where a symbol would stand.
WHOLE = "*"
# How long after a signal the price is looked at, by the names under which the returns stand.
HORIZONS_S = {"5m": 300, "15m": 900, "1h": 3600, "4h": 14400, "24h": 86400}


class Side(IntEnum):
    """Which way a signal speaks."""

    SHORT = -1
    NEUTRAL = 0
    LONG = 1


class Kind(StrEnum):
    """Whether a signal has an entry, a stop and targets, or only tells something."""

    TRADE = "trade"
    NOTICE = "notice"


class Stage(StrEnum):
    """Where a signal stands. A notice is active, then ended or expired; all others are of trades.

    PENDING: its entry was not touched yet. TARGET: its last target was touched. EXPIRED: its time was over.
    INVALIDATED: what it said does not hold any more. ENDED: the condition of a notice is over.
    """

    PENDING = "pending"
    ACTIVE = "active"
    TARGET = "target"
    STOPPED = "stopped"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"
    ENDED = "ended"

    @property
    def is_open(self) -> bool:
        """Whether something can still become of it."""
        return self in {Stage.PENDING, Stage.ACTIVE}


class Reason(StrEnum):
    """Why a signal moved, or its condition ceased.

    RAISED: it began. ENTERED: its entry was touched. FIRST_TARGET: a target that is not the last one was. MISSED: the
    entry was not touched in time. PASSED: the price opened beyond the stop before the entry was touched. OVER: its time
    is over. TURNED: it was left because the same rule says the opposite. GONE: its market is not watched any more.
    CROWDED: there was no place to follow it.

    Of the condition: CEASED: it is not there any more. REVERSED: the opposite one is. TIME_TO_LIVE: it was on for as
    long as it may be. LOST: what it reads is not known any more. LEFT: its market is not watched any more.
    """

    RAISED = "raised"
    ENTERED = "entered"
    FIRST_TARGET = "first_target"
    LAST_TARGET = "last_target"
    STOP = "stop"
    MISSED = "missed"
    PASSED = "passed"
    OVER = "over"
    TURNED = "turned"
    GONE = "gone"
    CROWDED = "crowded"
    CEASED = "ceased"
    REVERSED = "reversed"
    TIME_TO_LIVE = "time_to_live"
    LOST = "lost"
    LEFT = "left"


# The reasons for which a condition is off; each that was on is followed by exactly one transition with one of them.
OFF = frozenset({Reason.CEASED, Reason.REVERSED, Reason.TIME_TO_LIVE, Reason.LOST, Reason.LEFT})


class Read(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A figure that a decision was made from, and how old it was."""

    name: str
    value: float
    age_s: float


class Plan(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Where to enter, where to give up and where to take: whole ticks.

    risk: from entry to stop, in quote currency: 1 R. rewards: what each target is worth in R, net of costs; loss: what
    the stop costs in R, costs included, below -1. cost: of one side, as a fraction. structure: whether a swing set the
    stop, else it is a multiple of the average true range.
    """

    entry: float
    stop: float
    targets: tuple[float, ...]
    risk: float
    rewards: tuple[float, ...]
    loss: float
    cost: float
    atr: float
    tick_size: float
    is_structural: bool
    wait_until: int
    expires_at: int


class Signal(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="signal"):
    """A rule's condition was met at `at`.

    id: made of rule, name, symbol and second, so that the same market gives the same one again. name: which of its
    conditions ("long", "stale"). score and regime as they were, None and "unknown" where they were not. reads: all that
    the rule looked at. limits: the parameters that it was held against. plan: None of a notice.
    """

    version: int = VERSION
    id: str
    rule: str
    name: str
    symbol: str
    side: Side
    kind: Kind
    at: int
    price: float | None
    score: float | None
    regime: str
    reads: tuple[Read, ...]
    limits: dict[str, float]
    sentence: str
    plan: Plan | None = None


class Transition(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="transition"):
    """Signal `id` moved from stage `was` to `now` at `at`, because of what `reads` say.

    Where the condition ceased and the trade goes on, both stages are the same. price: at which it moved, None where it
    has none.
    """

    version: int = VERSION
    id: str
    at: int
    was: Stage
    now: Stage
    reason: Reason
    price: float | None
    reads: tuple[Read, ...]


class Forward(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What the price did for a signal's side in `horizon_s`: as it was, and net of costs and funding, as fractions."""

    horizon_s: int
    gross: float
    net: float


class Outcome(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="outcome"):
    """What came of a trade; a later record of the same id replaces the earlier one, until `is_final`.

    is_null: a random entry, drawn for the signal `of` with its symbol, side and time of day. stage: how it ended.
    gross_r, net_r: what it brought in R, without and with costs and funding; None where it was never entered. mfe_r,
    mae_r: the farthest that the price went for it and against it, in R. duration_s: from entry to exit. funding: paid
    while it was held, as a fraction of the entry, negative where it was received. unseen_s: how much of the time
    nobody saw the price. forward: what is known of each horizon. Times are None where there is none.
    """

    version: int = VERSION
    id: str
    of: str
    rule: str
    name: str
    symbol: str
    side: Side
    regime: str
    score: float | None
    at: int
    is_null: bool
    is_final: bool
    stage: Stage
    reason: Reason
    hits: int
    entered_at: int | None
    ended_at: int | None
    duration_s: float | None
    gross_r: float | None
    net_r: float | None
    mfe_r: float | None
    mae_r: float | None
    funding: float
    unseen_s: float
    forward: tuple[Forward, ...]


Record = Signal | Transition | Outcome
