"""Signals as the process itself knows them: the newest of each rule, of at most a day."""

from itertools import islice
from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Route, Symbol
from tidemark.api.told_signals import SignalRow, known_row
from tidemark.units import MIB

RuleName = Annotated[str, Meta(pattern="^[a-z0-9_]{1,40}$", description="A rule by its name", examples=["confluence"])]


class AskedSignals(msgspec.Struct, frozen=True, kw_only=True):
    """Which signals: the newest `limit` of those that fit."""

    rule: Annotated[RuleName | None, Meta(description="Only this rule")] = None
    symbol: Annotated[Symbol | None, Meta(description="Only this market")] = None
    only_open: Annotated[bool, Meta(description="Only those that something can still become of")] = False
    limit: Annotated[int, Meta(ge=1, le=1000, description="At most so many")] = 100


class SignalList(Answer, frozen=True, kw_only=True):
    """The newest signals first. is_on: whether anything is signalled at all.

    following: places in use, of trades and of the random entries against them, each for a day; of `capacity`. Of each
    rule the last hundred of a day are known here; /api/v1/history/signals has the others.
    """

    is_on: bool
    following: int
    capacity: int
    signals: tuple[SignalRow, ...]


def _signals(monitor: Monitor, asked: AskedSignals) -> SignalList:
    recent, signals = monitor.parts.recent, monitor.engine.signals
    fit = (
        known
        for known in (recent.newest() if recent is not None else ())
        if (asked.rule is None or known.signal.rule == asked.rule)
        and (asked.symbol is None or known.signal.symbol == asked.symbol)
        and (not asked.only_open or known.stage.is_open)
    )
    return SignalList(
        as_of_ms=monitor.now_ms,
        is_on=signals is not None,
        following=signals.following.followed.usage().used if signals is not None else 0,
        capacity=signals.following.followed.capacity if signals is not None else 0,
        signals=tuple(map(known_row, islice(fit, asked.limit))),
    )


ROUTES = (
    Route(
        path="/api/v1/signals",
        summary="The newest signals, and where they stand",
        asked=AskedSignals,
        answer=SignalList,
        give=_signals,
        transient=4 * MIB,
    ),
)
