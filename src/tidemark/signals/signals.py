"""Signals: what the rules say of every market once a second, what becomes of it, and what it was worth.

A function of what came in: no I/O, no clock. The same inputs give the same records, also when the process ended between
two of them and went on with what it had saved.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.analysis import Analysis
from tidemark.analysis.regime import Regime
from tidemark.market.closed import Closed, Revised
from tidemark.market.universe import Universe
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.model.signal import OFF, WHOLE, Kind, Outcome, Plan, Reason, Record, Side, Signal, Stage, Transition
from tidemark.model.timeframe import Timeframe
from tidemark.signals import pauses, turnovers
from tidemark.signals.conditions import Conditions, Edge
from tidemark.signals.followed import Saved, identity_of
from tidemark.signals.following import Following, Past
from tidemark.signals.inputs import PRICES, Inputs, look
from tidemark.signals.parameters import Override, Ruled
from tidemark.signals.pauses import Pauses
from tidemark.signals.plan import Costs, is_plannable, plan, swing_of
from tidemark.signals.rules import registry
from tidemark.signals.rules.base import Parameters
from tidemark.signals.structure_trades import RULES, JudgedRule, Refusal, refusals
from tidemark.signals.turnovers import Turnovers
from tidemark.units import SECOND

Array = npt.NDArray[Any]

# A rule that names no columns to plan from; none is called so.
_NONE = ("", "", "")
# Trades that are followed at a time, each with the random entry against it.
CAPACITY = 2048


class SignalsSize(msgspec.Struct, frozen=True, kw_only=True):
    """What the signals are built for; see the settings of their names.

    series: slots; capacity: trades and random entries that are followed at a time; seed: of the random entries.
    """

    series: int
    parameters: Mapping[str, Parameters]
    overrides: Sequence[Override] = ()
    costs: Costs = Costs()
    capacity: int = CAPACITY
    seed: int = 1


class SavedSignals(msgspec.Struct, frozen=True, kw_only=True):
    """What outlives a restart beside `Signals.kept`: the trades, and the conditions of the whole by rule and column.

    looked_at: see Conditions.
    """

    looked_at: int
    followed: Saved
    whole: dict[str, list[Any]]


class Signals:
    """The signals of all markets of *universe*, and of the market as a whole. past: see Following.

    Memory: 2.4 KB a series, and 302 bytes for each trade that may be followed.
    """

    def __init__(self, size: SignalsSize, universe: Universe, *, ledger: Ledger, past: Past | None = None) -> None:
        self._universe = universe
        self._whole = size.series
        self._costs = size.costs
        self._rules = registry.rules()
        self._trades = [name for name, rule in self._rules.items() if rule.KIND is Kind.TRADE]
        self.ruled = Ruled(size.parameters, size.overrides, rows=size.series + 1, ledger=ledger)
        self._conditions = Conditions(rows=size.series + 1, ledger=ledger)
        self._pauses = Pauses(rows=size.series, ledger=ledger)
        self._turnovers = Turnovers(rows=size.series, ledger=ledger)
        self.following = Following(
            capacity=size.capacity, series=size.series, ledger=ledger, past=past, seed=size.seed
        )  # fmt: skip

    @staticmethod
    def reserve(size: SignalsSize) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [
            *Ruled.reserve(size.overrides, rows=size.series + 1),
            *Conditions.reserve(rows=size.series + 1),
            *Pauses.reserve(rows=size.series),
            *Turnovers.reserve(rows=size.series),
            *Following.reserve(capacity=size.capacity, series=size.series),
        ]

    def own(self, now_ns: int) -> dict[str, tuple[Any, Array]]:
        """The columns that signals measure themselves, at *now_ns* of the exchange's clock, with their ages (ns)."""
        measured = (self._pauses.read(now_ns), self._turnovers.read(now_ns))
        return {name: (column, age) for columns, age in measured for name, column in columns.items()}

    def close(self, closed: Closed) -> Sequence[Record]:
        """Take candles that closed together; those that changed afterwards are not looked at again."""
        if isinstance(closed, Revised):
            return ()
        if closed.timeframe is pauses.TIMEFRAME:
            self._pauses.close(closed)
        if closed.timeframe is turnovers.TIMEFRAME:
            self._turnovers.close(closed)
            return self.following.close(closed)
        return ()

    def advance(self, inputs: Inputs) -> list[Record]:
        """Look at *inputs*, which are later than those before: what began, moved and ended, in order."""
        self.following.charge(inputs.at, inputs.funding_rate, inputs.funding_due)

        def draw(entry: int) -> tuple[Plan, float] | None:
            followed = self.following.followed
            columns = followed.columns
            rule, row = followed.rules[int(columns["rule"][entry])], int(columns["slot"][entry])
            return self._plan(rule, row, Side(int(columns["side"][entry])), inputs)

        records: list[Record] = [*self.following.advance(inputs.at, draw)]
        edges = self._conditions.evaluate(inputs, self.ruled.limits, self._plannable(inputs))
        for edge in edges:
            records.extend(self._begin(edge, inputs) if edge.is_on else self._cease(edge, inputs))
        return records

    def judged(self, inputs: Inputs, slot: int) -> dict[str, tuple[Refusal, ...]]:
        """What each rule of structure says of its newest event, check by check; rules without an event are left out."""
        return {
            rule: refusals(
                turn, side, self.ruled.at(rule, slot),
                {name: inputs.value(name, slot) for name in self._rules[rule].READS},
            )
            for rule, (turn, side) in RULES.items()
            if inputs.value(f"{turn}_bars", slot) is not None
        }  # fmt: skip

    def judged_in(self, analysis: Analysis, timeframe: Timeframe, slot: int) -> list[JudgedRule]:
        """The same of what is to be seen now; nothing in candles that these rules do not read."""
        made = analysis.candles[timeframe].structure
        if made is None or made.turns is None:
            return []
        inputs = look(analysis, self.own(analysis.exchange_ns), 0)
        return [JudgedRule(rule=rule, checks=checks) for rule, checks in self.judged(inputs, slot).items()]

    def join(self, slot: int, symbol: str) -> None:
        """The market *symbol* takes *slot*, which is empty."""
        self.ruled.join(slot, symbol)
        self.following.join(slot, symbol)

    def leave(self, slot: int, symbol: str, at: int) -> list[Record]:
        """The market *symbol* is not watched any more at *at* of the exchange's clock: all that was open there ends."""
        records: list[Record] = []
        for edge in self._conditions.clear(slot):
            if self._rules[edge.rule].KIND is Kind.NOTICE:
                records.append(self._off(edge, symbol, at, Stage.ACTIVE, Stage.ENDED))
            else:
                records.extend(self._off_trade(edge, symbol, at))
        records.extend(self.following.leave(slot, at))
        self._pauses.clear(slot)
        self._turnovers.clear(slot)
        return records

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, as views that may be written to; entry i of each belongs to slot i."""
        kept = {
            "conditions": self._conditions.kept(),
            "pauses": self._pauses.kept(),
            "turnovers": self._turnovers.kept(),
            "following": self.following.kept(),
        }
        return {
            f"signals/{part}/{name}": column[: self._whole]
            for part, columns in kept.items()
            for name, column in columns.items()
        }

    def saved(self) -> SavedSignals:
        """What else outlives a restart."""
        kept = self._conditions.kept()
        return SavedSignals(
            looked_at=self._conditions.looked_at,
            followed=self.following.saved(),
            whole={name: np.atleast_1d(column[self._whole]).tolist() for name, column in kept.items()},
        )

    def resume(self, saved: SavedSignals) -> int:
        """Go on with what was saved; give how many trades of rules that are no more were left out."""
        self._conditions.looked_at = saved.looked_at
        for name, column in self._conditions.kept().items():
            values = saved.whole.get(name)
            if values is not None and len(values) == np.atleast_1d(column[self._whole]).size:
                column[self._whole] = values if column.ndim > 1 else values[0]
        return self.following.resume(saved.followed)

    def again(self, records: Iterable[Record]) -> list[Record]:
        """Take what was told after the moment that was saved, oldest first: it holds, and is followed from here on.

        To be called when the markets have joined. What became of the trades is found again from the candles. Gives
        what is let go of to make room.
        """
        made: list[Record] = []
        for record in records:
            if isinstance(record, Signal):
                made.extend(self._begin_again(record))
            elif isinstance(record, Outcome):
                if record.is_final:
                    self.following.drop(record.id)
            elif record.reason is Reason.CROWDED:
                self.following.drop(record.id)
            elif record.reason in OFF:
                for edge in self._conditions.on():
                    if self._identity(edge) == record.id:
                        self._cease_again(edge, record)
                        break
        return made

    def _begin_again(self, signal: Signal) -> list[Record]:
        rule = self._rules.get(signal.rule)
        codes = [] if rule is None else [code for code, one in rule.CODES.items() if one.name == signal.name]
        if not codes:
            return []
        row = self._whole if signal.symbol == WHOLE else self._universe.slots.get(signal.symbol, -1)
        if row >= 0:
            cooldown = self.ruled.at(signal.rule, row)["cooldown"]
            self._conditions.put(signal.rule, row, codes[0], signal.at, signal.at + round(cooldown * SECOND))
        if signal.plan is None or self.following.find(signal.id) is not None:
            return []
        return [*self.following.add(signal, row)]

    def _cease_again(self, edge: Edge, told: Transition) -> None:
        self._conditions.take_off(edge, told.at)
        rule = self._rules[edge.rule]
        if rule.KIND is Kind.TRADE:
            ends = bool(getattr(rule, "NEEDS_CONDITION", False))
            self.following.cease(
                edge.rule, edge.code, edge.row, edge.since, at=told.at, reason=told.reason, ends=ends
            )  # fmt: skip

    def _identity(self, edge: Edge) -> str | None:
        symbol = self._symbol(edge.row)
        return (
            None
            if symbol is None
            else identity_of(symbol, edge.rule, self._rules[edge.rule].CODES[edge.code].name, edge.since)
        )

    def _plannable(self, inputs: Inputs) -> dict[str, Array]:
        """Where each rule's trades could be planned, bool (rows,)."""
        made = {}
        for name in self._trades:
            own = getattr(self._rules[name], "PLANNED", _NONE)[2]
            (price, atr), known = inputs.columns.take((PRICES[0], own if own in inputs.columns else PRICES[1]))
            made[name] = is_plannable(price, atr, known, self.ruled.limits[name], self._costs)
        return made

    def _plan(self, rule: str, row: int, side: Side, inputs: Inputs) -> tuple[Plan, float] | None:
        """The plan of a trade in a row as the market is now, and the price; None where there is none."""
        instrument = self._universe.instrument(row)
        price, atr, low, high = (inputs.value(name, row) for name in PRICES)
        goal = None
        stop, told_goal, told_atr = (inputs.value(name, row) for name in getattr(self._rules[rule], "PLANNED", _NONE))
        if told_atr is not None:
            low, high, goal, atr = stop, stop, told_goal, told_atr
        if instrument is None or price is None or atr is None:
            return None
        made = plan(
            side, price=price, atr=atr, swing=swing_of(side, low, high, price), tick_size=instrument.tick_size,
            limits=self.ruled.at(rule, row), costs=self._costs, at=inputs.at, goal=goal,
        )  # fmt: skip
        return None if made is None else (made, price)

    def _begin(self, edge: Edge, inputs: Inputs) -> list[Record]:
        rule = self._rules[edge.rule]
        code, symbol = rule.CODES[edge.code], self._symbol(edge.row)
        if symbol is None:
            return []
        planned = self._plan(edge.rule, edge.row, code.side, inputs) if rule.KIND is Kind.TRADE else None
        reads = inputs.reads(rule.READS, edge.row)
        regime = inputs.value("regime", edge.row)
        signal = Signal(
            id=identity_of(symbol, edge.rule, code.name, edge.since),
            rule=edge.rule,
            name=code.name,
            symbol=symbol,
            side=code.side,
            kind=rule.KIND,
            at=inputs.at,
            price=inputs.value("price", edge.row),
            score=inputs.value("score", edge.row),
            regime=Regime(int(regime or 0)).title,
            reads=(*reads, *inputs.reads((*PRICES, *getattr(rule, "PLANNED", ())), edge.row)) if planned else reads,
            limits=self.ruled.at(edge.rule, edge.row),
            sentence=rule.FACT.format(**{read.name: read.value for read in reads}),
            plan=planned[0] if planned else None,
        )
        if rule.KIND is Kind.NOTICE:
            return [signal]
        if planned is None:
            # Its prices would not be positive: nothing is said, and nothing is taken back later.
            self._conditions.mute(edge)
            return []
        return [signal, *self.following.add(signal, edge.row)]

    def _cease(self, edge: Edge, inputs: Inputs) -> list[Record]:
        symbol = self._symbol(edge.row)
        if symbol is None:
            return []
        if self._rules[edge.rule].KIND is Kind.TRADE:
            records = self._off_trade(edge, symbol, inputs.at)
        else:
            now = Stage.EXPIRED if edge.reason is Reason.TIME_TO_LIVE else Stage.ENDED
            records = [self._off(edge, symbol, inputs.at, Stage.ACTIVE, now)]
        reads = inputs.reads(self._rules[edge.rule].READS, edge.row)
        return [
            msgspec.structs.replace(record, reads=(*reads, *record.reads)) if isinstance(record, Transition) else record
            for record in records
        ]

    def _off_trade(self, edge: Edge, symbol: str, at: int) -> list[Record]:
        ends = bool(getattr(self._rules[edge.rule], "NEEDS_CONDITION", False))
        records = self.following.cease(
            edge.rule, edge.code, edge.row, edge.since, at=at, reason=edge.reason, ends=ends
        )  # fmt: skip
        # One that is not followed any more is over, whatever its condition does.
        return [*records] if records else [self._off(edge, symbol, at, Stage.ENDED, Stage.ENDED)]

    def _off(self, edge: Edge, symbol: str, at: int, was: Stage, now: Stage) -> Transition:
        name = self._rules[edge.rule].CODES[edge.code].name
        identity = identity_of(symbol, edge.rule, name, edge.since)
        return Transition(id=identity, at=at, was=was, now=now, reason=edge.reason, price=None, reads=())

    def _symbol(self, row: int) -> str | None:
        if row == self._whole:
            return WHOLE
        instrument = self._universe.instrument(row)
        return None if instrument is None else instrument.symbol
