"""Which conditions are on: every rule over every row, with hysteresis, warm-up, cooldown and time to live; both edges.

A rule says what is entered and what stays; all that lasts is kept here. A condition is on from the second in which its
rule enters it until the rule lets it go, the opposite one is entered, what it reads is not known any more, or its time
to live is over. It is entered only when all that the rule reads has been known for `warm_up` in all, and `cooldown`
after it was entered before.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.model.signal import Reason
from tidemark.signals.inputs import Inputs
from tidemark.signals.rules import registry
from tidemark.signals.rules.base import Limits, Rule
from tidemark.units import SECOND

Array = npt.NDArray[Any]

OWNER = "signals/conditions"
# Since when is negative where it went on without a word.
_NAMES = ("held", "since", "quiet_until", "known_s")
# Seconds without a look count as so many at most.
_LONGEST_S = 60.0


class Edge(NamedTuple):
    """The condition *code* of *rule* went on or off for *row*; since: when it went on, the time of its signal."""

    rule: str
    row: int
    code: int
    is_on: bool
    since: int
    reason: Reason


class Conditions:
    """The conditions of all rules there are, for *rows* rows. Memory: 29 to 53 bytes a rule and row."""

    def __init__(self, *, rows: int, ledger: Ledger) -> None:
        self._rules = registry.rules()
        self._tables = {
            name: Table(f"{OWNER}/{name}", slots=rows, columns=_columns(rule)) for name, rule in self._rules.items()
        }
        for table in self._tables.values():
            ledger.open(table)
        self._sides = {
            name: _by_code(rule, {code: int(one.side) for code, one in rule.CODES.items()})
            for name, rule in self._rules.items()
        }
        self._places = {
            name: _by_code(rule, {code: place for place, code in enumerate(rule.CODES)})
            for name, rule in self._rules.items()
        }
        # When inputs were looked at last, by the exchange's clock (ns); 0 before the first.
        self.looked_at = 0

    @staticmethod
    def reserve(*, rows: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [
            Table.reserve(f"{OWNER}/{name}", slots=rows, columns=_columns(rule))
            for name, rule in registry.rules().items()
        ]

    def evaluate(self, inputs: Inputs, limits: Mapping[str, Limits], is_plannable: Mapping[str, Array]) -> list[Edge]:
        """Look at *inputs*, which are later than those before; give the edges, by rule and row, off before on.

        is_plannable: of each rule whose signals are trades, where one could be planned, bool (rows,): elsewhere none is
        signalled.
        """
        passed_s = min(max(0.0, (inputs.at - self.looked_at) / SECOND), _LONGEST_S) if self.looked_at else 1.0
        self.looked_at = inputs.at
        edges: list[Edge] = []
        for name, rule in self._rules.items():
            edges.extend(self._move(name, rule, inputs, limits[name], is_plannable.get(name), passed_s))
        return edges

    def held(self, rule: str, row: int) -> tuple[int, int]:
        """The code that is on, 0 for none, and since when (ns), negative where that was no news."""
        columns = self._tables[rule].columns
        return int(columns["held"][row]), int(columns["since"][row])

    def put(self, rule: str, row: int, code: int, since: int, quiet_until: int) -> None:
        """Let *code* of *rule* be on in a row since *since*, entered again after *quiet_until* at the soonest (ns)."""
        kept = self._tables[rule].columns
        kept["held"][row], kept["since"][row] = code, since
        kept["quiet_until"][row, self._places[rule][code]] = quiet_until

    def on(self) -> Iterator[Edge]:
        """What is on, and somebody was told of."""
        for name, table in self._tables.items():
            columns = table.columns
            for row in np.flatnonzero((columns["held"] != 0) & (columns["since"] > 0)).tolist():
                code, since = self.held(name, row)
                yield Edge(name, row, code, is_on=True, since=since, reason=Reason.RAISED)

    def take_off(self, edge: Edge, at: int) -> None:
        """What went on with *edge* is off since *at* (ns)."""
        kept = self._tables[edge.rule].columns
        kept["held"][edge.row], kept["since"][edge.row] = 0, at

    def mute(self, edge: Edge) -> None:
        """Nobody was told that *edge* went on: nobody is told when it goes off."""
        self._tables[edge.rule].columns["since"][edge.row] = -edge.since

    def clear(self, row: int) -> list[Edge]:
        """Forget the row; give what was on there."""
        edges = []
        for name, table in self._tables.items():
            code, since = self.held(name, row)
            if code and since > 0:
                edges.append(Edge(name, row, code, is_on=False, since=since, reason=Reason.LEFT))
            table.clear(row)
        return edges

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, as views that may be written to."""
        return {
            f"{rule}/{name}": column for rule, table in self._tables.items() for name, column in table.columns.items()
        }

    def _move(
        self, name: str, rule: Rule, inputs: Inputs, limits: Limits, is_plannable: Array | None, passed_s: float
    ) -> list[Edge]:
        kept, now = self._tables[name].columns, inputs.at
        held, since, quiet_until, known_s = (kept[column] for column in _NAMES)
        values, known = inputs.columns.take(rule.READS)
        known = known & (limits["enabled"] > 0)
        if not known.any() and not held.any():
            return []
        may = known if is_plannable is None else known & is_plannable
        known_s += np.where(known, np.float32(passed_s), np.float32(0.0))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            enter, stays = rule.judge(limits, held, *values)
        enter = np.where(may & (known_s >= limits["warm_up"]), enter, 0)
        remains = np.where(known & stays | (~known if getattr(rule, "KEEPS", False) else False), held, 0)
        is_over = np.zeros(len(held), bool)
        if "time_to_live" in limits:
            is_over = (held != 0) & (now - np.abs(since) >= limits["time_to_live"] * SECOND)
            remains = np.where(is_over, 0, remains)
            enter = np.where(is_over, 0, enter)
        wanted = np.where(enter != 0, enter, remains)
        is_other = (wanted != held) & (wanted != 0)
        if is_other.any():
            place = self._places[name][wanted]
            waits = is_other & (now < quiet_until[np.arange(len(held)), place])
            # One that is entered and has to wait ends the opposite one all the same.
            stay = np.where(is_opposite(self._sides[name], wanted, held), 0, remains)
            wanted = np.where(waits, stay, wanted)
        changed = np.flatnonzero(wanted != held)
        return [
            edge
            for row in changed.tolist()
            for edge in self._turn(name, rule, row, int(wanted[row]), limits, now, _why(known, is_over, enter, row))
        ]

    def _turn(self, name: str, rule: Rule, row: int, code: int, limits: Limits, now: int, reason: Reason) -> list[Edge]:
        """Let *code* be what is on in a row; the edges that this makes."""
        kept = self._tables[name].columns
        before, since = self.held(name, row)
        edges = []
        if before and since > 0:
            edges.append(Edge(name, row, before, is_on=False, since=since, reason=reason))
        is_silent = getattr(rule, "IS_SILENT_AT_FIRST", False) and not since
        kept["held"][row], kept["since"][row] = code, -now if is_silent else now
        if code and not is_silent:
            cooldown = limits["cooldown"]
            seconds = float(cooldown[row] if isinstance(cooldown, np.ndarray) else cooldown)
            kept["quiet_until"][row, self._places[name][code]] = now + round(seconds * SECOND)
            edges.append(Edge(name, row, code, is_on=True, since=now, reason=Reason.RAISED))
        return edges


def is_opposite(sides: Array, one: Array, other: Array) -> Array:
    """Where two codes speak for opposite sides, bool (n,)."""
    opposite: Array = (sides[one] != 0) & (sides[other] != 0) & (sides[one] != sides[other])
    return opposite


def _columns(rule: Rule) -> Layout:
    """What is kept of a rule: what is on, since when, until when each code has to wait, and seconds that were known."""
    return dict(
        zip(_NAMES, ((np.int8, ()), (np.int64, ()), (np.int64, (len(rule.CODES),)), (np.float32, ())), strict=True)
    )


def _by_code(rule: Rule, figures: Mapping[int, int]) -> Array:
    """A figure of each code, to be indexed by it, 0 for no code; a negative one is found from the end."""
    made = np.zeros(2 * max(abs(code) for code in rule.CODES) + 1, np.int64)
    for code, figure in figures.items():
        made[code] = figure
    return made


def _why(known: Array, is_over: Array, enter: Array, row: int) -> Reason:
    """Why what was on in a row goes off."""
    if is_over[row]:
        return Reason.TIME_TO_LIVE
    if not known[row]:
        return Reason.LOST
    return Reason.REVERSED if enter[row] else Reason.CEASED
