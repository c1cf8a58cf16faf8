"""The parameters of all rules: their tree, what one market has instead, and both as numbers for all series at once.

An override is a text, `SYMBOL rule.parameter=value`, such as "BTCUSDT confluence.enter=70" or
"DOGEUSDT whale_flow.enabled=false".
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.signals.rules import registry
from tidemark.signals.rules.base import Limits, Parameters, TradeParameters
from tidemark.sources import SettingRow, load_as, schema_of

Array = npt.NDArray[Any]
OWNER = "signals/overrides"
# Overrides that may be set, of all markets together.
MOST_OVERRIDES = 10_000
_OF_TRADES = (("stop_least", "stop_most"), ("first_target", "last_target"), ("wait", "life"))


@cache  # bounded: the one class that the rules make
def tree() -> type[msgspec.Struct]:
    """A struct with one section a rule, each at its defaults: it can be loaded like any settings."""
    fields = [(name, rule.Parameters, rule.Parameters()) for name, rule in registry.rules().items()]
    return msgspec.defstruct("Rules", fields, frozen=True, kw_only=True, module=__name__)


def schema() -> list[SettingRow]:
    """Every parameter there is: its key `rule.parameter`, what is allowed, its default and what it means."""
    return schema_of(tree())


def load(given: Mapping[str, str]) -> dict[str, Parameters]:
    """The parameters of every rule, from keys `rule.parameter` and texts; SettingsError where one is wrong."""
    return checked(load_as(tree(), None, {}, dict(given)).settings)


def checked(rules: msgspec.Struct) -> dict[str, Parameters]:
    """The parameters of every rule out of their tree; SettingsError where two of them contradict each other."""
    made: dict[str, Parameters] = {name: getattr(rules, name) for name in registry.names()}
    for name, one in made.items():
        _check(name, one)
    return made


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """What one market has instead."""

    symbol: str
    rule: str
    parameter: str
    value: float


def overrides(texts: Sequence[str], defaults: Mapping[str, Parameters]) -> tuple[Override, ...]:
    """What *texts* write, each market checked together with *defaults*; SettingsError where one is wrong."""
    if len(texts) > MOST_OVERRIDES:
        raise SettingsError(f"{len(texts)} overrides of rules are set; at most {MOST_OVERRIDES} are")
    made: list[Override] = []
    keys: dict[tuple[str, str], float] = {}
    for text in texts:
        symbol, _, assignment = text.strip().partition(" ")
        key, equals, value = (part.strip() for part in assignment.partition("="))
        if not symbol or not key or not equals or not value or len(symbol) > 40:
            raise SettingsError(f"override {text[:120]!r} is not understood; write BTCUSDT confluence.enter=70")
        try:
            rules = load_as(tree(), None, {}, {key: value}).settings
        except SettingsError as error:
            raise SettingsError(f"override {text[:120]!r}: {error}") from error
        rule, _, parameter = key.partition(".")
        number = float(getattr(getattr(rules, rule), parameter))
        if keys.setdefault((symbol, key), number) != number:
            raise SettingsError(f"override {text[:120]!r}: {symbol} has another value of {key} already; keep one")
        made.append(Override(symbol=symbol, rule=rule, parameter=parameter, value=number))
    _check_together(made, defaults)
    return tuple(made)


class Ruled:
    """The parameters of all rules for all rows, as numbers: one for all, or one a row where a market has its own.

    Memory: 8 bytes a row for each parameter that any market overrides.
    """

    def __init__(
        self, defaults: Mapping[str, Parameters], others: Sequence[Override], *, rows: int, ledger: Ledger
    ) -> None:
        self._others = tuple(others)
        numbers = {rule: _numbers(one) for rule, one in defaults.items()}
        self._table = None
        if others:
            self._table = Table(OWNER, slots=rows, columns=_columns(others))
            ledger.open(self._table)
            for other in others:
                column = self._table.columns[f"{other.rule}.{other.parameter}"]
                column[:] = numbers[other.rule][other.parameter]
                numbers[other.rule][other.parameter] = column
        self._defaults = {rule: _numbers(one) for rule, one in defaults.items()}
        self.limits: dict[str, Limits] = dict(numbers)  # bounded: the rules

    @staticmethod
    def reserve(others: Sequence[Override], *, rows: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(OWNER, slots=rows, columns=_columns(others))] if others else []

    def join(self, slot: int, symbol: str) -> None:
        """The market *symbol* takes *slot*: from now on it has what is set for it."""
        if self._table is None:
            return
        for name, column in self._table.columns.items():
            rule, _, parameter = name.partition(".")
            column[slot] = self._defaults[rule][parameter]
        for other in self._others:
            if other.symbol == symbol:
                self._table.columns[f"{other.rule}.{other.parameter}"][slot] = other.value

    def at(self, rule: str, slot: int) -> dict[str, float]:
        """The parameters of *rule* for one row."""
        return {
            name: float(one[slot] if isinstance(one, np.ndarray) else one) for name, one in self.limits[rule].items()
        }


def _numbers(parameters: Parameters) -> dict[str, Any]:
    return {name: float(value) for name, value in msgspec.structs.asdict(parameters).items()}


def _columns(others: Sequence[Override]) -> dict[str, tuple[npt.DTypeLike, tuple[int, ...]]]:
    return {f"{other.rule}.{other.parameter}": (np.float64, ()) for other in others}


def _check(name: str, parameters: Parameters) -> None:
    """What no single bound says."""
    pairs: tuple[tuple[str, str], ...] = getattr(registry.find(name), "ORDERED", ())
    for low, high in (*pairs, *(_OF_TRADES if isinstance(parameters, TradeParameters) else ())):
        smaller, larger = getattr(parameters, low), getattr(parameters, high)
        if smaller > larger:
            raise SettingsError(
                f"rules.{name}.{low} is {smaller} and rules.{name}.{high} {larger}; the first is to be no more than the"
                " second"
            )


def _check_together(made: Sequence[Override], defaults: Mapping[str, Parameters]) -> None:
    """Build each market's parameters as a whole, which checks what stands against each other in them."""
    by_market: dict[tuple[str, str], dict[str, float]] = {}
    for one in made:
        by_market.setdefault((one.symbol, one.rule), {})[one.parameter] = one.value
    for (symbol, rule), changed in by_market.items():
        own = msgspec.structs.asdict(defaults[rule])
        typed = {name: type(own[name])(value) for name, value in changed.items()}
        try:
            _check(rule, msgspec.structs.replace(defaults[rule], **typed))
        except SettingsError as error:
            raise SettingsError(f"overrides of {symbol}: {error}") from error
