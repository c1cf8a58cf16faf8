"""The table of what is followed: one entry a trade, kept for a day after its signal, saved and resumed as it was.

An entry is a signal's trade or the random entry against it. Prices are whole ticks in quote currency; times are the
exchange's (ns). What is not there yet is 0, or not a number where 0 is one.
"""

import math
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.regime import Regime
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.memory.table import Layout, Table
from tidemark.model.signal import HORIZONS_S, Forward, Outcome, Plan, Reason, Side, Signal, Stage
from tidemark.signals.plan import net_r
from tidemark.signals.rules import registry
from tidemark.units import SECOND

Array = npt.NDArray[Any]

OWNER = "signals/followed"
VERSION = 1
TARGETS = 2
# PLANNED: a random entry whose time has not come. The others are those of `Stage`, by their place.
PLANNED = 0
STAGES = (None, *Stage)
NUMBER = {stage: number for number, stage in enumerate(STAGES)}
REASONS = tuple(Reason)
HORIZONS_NS = np.array([horizon * SECOND for horizon in HORIZONS_S.values()])
_COLUMNS: Layout = {
    "is_used": (np.uint8, ()),
    "is_null": (np.uint8, ()),
    "is_reversed": (np.uint8, ()),
    "stage": (np.uint8, ()),
    "reason": (np.uint8, ()),
    "rule": (np.uint8, ()),
    "code": (np.int8, ()),
    "side": (np.int8, ()),
    "regime": (np.uint8, ()),
    "hits": (np.uint8, ()),
    "slot": (np.int32, ()),
    "symbol": ("S40", ()),
    # When the signal was raised; of a random entry `begun_at` is when it was drawn, else the same.
    "signal_at": (np.int64, ()),
    "begun_at": (np.int64, ()),
    "followed_to": (np.int64, ()),
    "wait_until": (np.int64, ()),
    "expires_at": (np.int64, ()),
    "entered_at": (np.int64, ()),
    "ended_at": (np.int64, ()),
    "unseen": (np.int64, ()),
    "score": (np.float64, ()),
    "reference": (np.float64, ()),
    "entry": (np.float64, ()),
    "stop": (np.float64, ()),
    "targets": (np.float64, (TARGETS,)),
    "cost": (np.float64, ()),
    "leave": (np.float64, ()),
    "last": (np.float64, ()),
    "best": (np.float64, ()),
    "worst": (np.float64, ()),
    # Paid while the trade was held, and since it began, as fractions.
    "funding": (np.float64, ()),
    "carried": (np.float64, ()),
    "forward": (np.float64, (len(HORIZONS_S),)),
    "forward_carried": (np.float64, (len(HORIZONS_S),)),
}


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """All entries as plain lists, column by column; not a number is None.

    rules: the names behind their numbers. places: where each entry stood, since what happens at once is told in that
    order.
    """

    version: int = VERSION
    rules: tuple[str, ...]
    places: list[int]
    columns: dict[str, list[Any]]


class Followed:
    """At most *capacity* entries. Memory: 302 bytes each."""

    def __init__(self, *, capacity: int, ledger: Ledger) -> None:
        self._table = Table(OWNER, slots=capacity, columns=_COLUMNS)
        self.columns = self._table.columns
        self.rules = registry.names()
        self.capacity = capacity
        self.rejected = 0
        self.evicted = 0
        self._peak = 0
        self.reservation = self._table.reservation
        ledger.open(self)

    @staticmethod
    def reserve(*, capacity: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(OWNER, slots=capacity, columns=_COLUMNS)]

    def usage(self) -> Usage:
        """The entries in use; evicted: let go before a day was over; rejected: never taken."""
        used = int(self.columns["is_used"].sum())
        self._peak = max(self._peak, used)
        return Usage(
            used=used, peak=self._peak, bytes_used=self._table.usage().bytes_used, evicted=self.evicted,
            rejected=self.rejected,
        )  # fmt: skip

    @property
    def open_trades(self) -> int:
        """Trades of signals that are pending or active."""
        stage, columns = self.columns["stage"], self.columns
        is_open = (stage == NUMBER[Stage.PENDING]) | (stage == NUMBER[Stage.ACTIVE])
        return int(np.count_nonzero(is_open & (columns["is_used"] > 0) & (columns["is_null"] == 0)))

    def free(self) -> int | None:
        """An entry that is not in use, the lowest; None when all are."""
        free = np.flatnonzero(self.columns["is_used"] == 0)
        return int(free[0]) if len(free) else None

    def clear(self, entry: int) -> None:
        """Let go of an entry."""
        self._table.clear(entry)

    def begin(self, entry: int, signal: Signal, slot: int) -> None:
        """Write the trade of *signal* into a free entry."""
        rule = self.rules.index(signal.rule)
        codes = registry.find(signal.rule).CODES
        self._table.clear(entry)
        self._put(
            entry, is_used=1, rule=rule, side=int(signal.side), slot=slot, symbol=signal.symbol.encode(),
            code=next(code for code, one in codes.items() if one.name == signal.name), signal_at=signal.at,
            regime=Regime[signal.regime.upper()], score=math.nan if signal.score is None else signal.score,
        )  # fmt: skip
        if signal.plan is not None and signal.price is not None:
            self.enter(entry, signal.plan, signal.price, signal.at)

    def plan_null(self, entry: int, of: int, due_at: int) -> None:
        """Write the random entry against entry *of* into a free one; it begins at *due_at*."""
        for name in ("rule", "code", "side", "slot", "symbol", "signal_at", "regime", "score"):
            self.columns[name][entry] = self.columns[name][of]
        self._put(entry, is_used=1, is_null=1, stage=PLANNED, begun_at=due_at)

    def enter(self, entry: int, plan: Plan, price: float, at: int) -> None:
        """The trade of an entry is planned at *at*, with the market at *price*: it is pending."""
        minute = 60 * SECOND
        self._put(
            entry, stage=NUMBER[Stage.PENDING], begun_at=at, followed_to=-(-at // minute) * minute, reference=price,
            last=price, entry=plan.entry, stop=plan.stop, cost=plan.cost, wait_until=plan.wait_until,
            expires_at=plan.expires_at,
        )  # fmt: skip
        self.columns["targets"][entry] = plan.targets
        self.columns["forward"][entry] = math.nan

    def identity(self, entry: int) -> tuple[str, str]:
        """The id of an entry, and that of the signal that it belongs to."""
        columns = self.columns
        rule = self.rules[int(columns["rule"][entry])]
        name = registry.find(rule).CODES[int(columns["code"][entry])].name
        symbol = bytes(columns["symbol"][entry]).decode()
        of = identity_of(symbol, rule, name, int(columns["signal_at"][entry]))
        return (f"{of}-null" if columns["is_null"][entry] else of), of

    def outcome(self, entry: int, *, is_final: bool) -> Outcome:
        """What came of an entry so far."""
        one = {name: column[entry] for name, column in self.columns.items()}
        way, entered, ended = int(one["side"]), int(one["entered_at"]), int(one["ended_at"])
        rule = self.rules[int(one["rule"])]
        identity, of = self.identity(entry)
        risk = way * float(one["entry"] - one["stop"])
        has_result = entered > 0 and ended > 0 and risk > 0.0
        stage = STAGES[int(one["stage"])]
        return Outcome(
            id=identity,
            of=of,
            rule=rule,
            name=registry.find(rule).CODES[int(one["code"])].name,
            symbol=bytes(one["symbol"]).decode(),
            side=Side(way),
            regime=Regime(int(one["regime"])).title,
            score=_known(one["score"]),
            at=int(one["begun_at"]),
            is_null=bool(one["is_null"]),
            is_final=is_final,
            stage=Stage.PENDING if stage is None else stage,
            reason=REASONS[int(one["reason"])],
            hits=int(one["hits"]),
            entered_at=entered or None,
            ended_at=ended or None,
            duration_s=(ended - entered) / SECOND if has_result else None,
            gross_r=way * float(one["leave"] - one["entry"]) / risk if has_result else None,
            net_r=net_r(way, float(one["entry"]), float(one["leave"]), risk, float(one["cost"]), float(one["funding"]))
            if has_result
            else None,
            mfe_r=float(one["best"]) / risk if entered and risk > 0.0 else None,
            mae_r=float(one["worst"]) / risk if entered and risk > 0.0 else None,
            funding=float(one["funding"]),
            unseen_s=float(one["unseen"]) / SECOND,
            forward=tuple(
                Forward(horizon, float(gross), float(gross) - 2.0 * float(one["cost"]) - float(carried))
                for horizon, gross, carried in zip(
                    HORIZONS_S.values(), one["forward"], one["forward_carried"], strict=True
                )
                if math.isfinite(gross) and stage is not None
            ),
        )

    def saved(self) -> Saved:
        """All entries, as they are."""
        used = np.flatnonzero(self.columns["is_used"])
        columns = {}
        for name, column in self.columns.items():
            if name in {"is_used", "slot"}:
                continue
            values = column[used]
            columns[name] = [_plain(value) for value in values.tolist()]
        return Saved(rules=self.rules, places=used.tolist(), columns=columns)

    def resume(self, saved: Saved) -> int:
        """Take what was saved, into an empty table; give how many entries were left out.

        Those are of rules that are no more, or of another version, or there are too many. Each waits for its market to
        be listed; see `join`.
        """
        count = len(saved.columns.get("symbol", ()))
        if saved.version != VERSION or set(saved.columns) != set(_COLUMNS) - {"is_used", "slot"}:
            return count
        fits = len(saved.places) == count and set(saved.places) <= set(range(self.capacity))
        fits = fits and len(set(saved.places)) == count
        taken = 0
        for at in range(count):
            row = {name: values[at] for name, values in saved.columns.items()}
            rule = saved.rules[row["rule"]] if row["rule"] < len(saved.rules) else ""
            if rule not in self.rules or taken == self.capacity or row["code"] not in registry.find(rule).CODES:
                continue
            entry = saved.places[at] if fits else taken
            for name, value in row.items():
                self.columns[name][entry] = _stored(value)
            self._put(entry, is_used=1, slot=-1, rule=self.rules.index(rule))
            taken += 1
        return count - taken

    def join(self, slot: int, symbol: str) -> None:
        """The market *symbol* takes *slot*: its entries that wait for it are followed there."""
        waits = (self.columns["is_used"] > 0) & (self.columns["slot"] < 0) & (self.columns["symbol"] == symbol.encode())
        self.columns["slot"][waits] = slot

    def _put(self, entry: int, /, **values: object) -> None:
        for name, value in values.items():
            self.columns[name][entry] = value


def identity_of(symbol: str, rule: str, name: str, at: int) -> str:
    """The id of the signal that *rule* raised under *name* at *at* (ns)."""
    return f"{symbol}-{rule}-{name}-{at // SECOND}"


def _known(figure: Any) -> float | None:
    value = float(figure)
    return value if math.isfinite(value) else None


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _stored(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list):
        return [_stored(one) for one in value]
    return math.nan if value is None else value
