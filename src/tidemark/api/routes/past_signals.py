"""Signals that the database keeps: all there were, each with its story, and what came of them."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tidemark.api.exports import head, lines, table
from tidemark.api.past import KeptSignal, Past, SignalFilter
from tidemark.api.routes.base import Answer, Milliseconds, PastExport, PastRoute, Symbol
from tidemark.api.routes.signals import RuleName
from tidemark.api.told_signals import (
    MoveRow,
    OutcomeRow,
    PlanRow,
    ReadRow,
    ReturnRow,
    SignalRow,
    move_row,
    outcome_row,
    plan_row,
    read_rows,
    return_rows,
    signal_row,
)
from tidemark.errors import RequestError
from tidemark.model.signal import Outcome
from tidemark.signals.replaying import says_again
from tidemark.units import MIB, MILLISECOND

# The latest moment that a database can hold.
_LAST_NS = (1 << 63) - 1
# When it was raised, and the id that tells it from others.
_CURSOR = r"^[0-9]{20} [A-Za-z0-9._~%-]{1,480}$"
Rows = Sequence[msgspec.Struct]
Before = Annotated[
    Annotated[str, Meta(pattern=_CURSOR)] | None, Meta(description="What `next_before` of the page before said")
]
Format = Annotated[Literal["json", "ndjson", "csv"], Meta(description="ndjson and csv: an export")]
Count = Annotated[bool, Meta(description="Whether to count all that fit, on every page")]
Limit = Annotated[int, Meta(ge=1, le=500, description="At most so many")]


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Which signals: all of this exchange's, or fewer."""

    rule: Annotated[RuleName | None, Meta(description="Only this rule")] = None
    symbol: Annotated[Symbol | None, Meta(description="Only this market")] = None
    since_ms: Annotated[Milliseconds | None, Meta(description="Only those raised then or later")] = None
    until_ms: Annotated[Milliseconds | None, Meta(description="Only those raised before this moment")] = None


class AskedPastSignals(Chosen, frozen=True, kw_only=True):
    """Which signals: the newest `limit` that sort behind the cursor; an export gives all that fit instead."""

    side: Annotated[Literal["long", "short", "neutral"] | None, Meta(description="Only those that speak so")] = None
    only_open: Annotated[bool, Meta(description="Only those that something can still become of")] = False
    count: Count = False
    limit: Limit = 100
    before: Before = None
    format: Format = "json"


class AskedOutcomes(Chosen, frozen=True, kw_only=True):
    """Which outcomes: the newest `limit` that sort behind the cursor; an export gives all that fit instead."""

    random: Annotated[bool, Meta(description="Also those of the random entries against the trades")] = False
    count: Count = False
    limit: Limit = 100
    before: Before = None
    format: Format = "json"


class AskedSignal(msgspec.Struct, frozen=True, kw_only=True):
    """Which signal."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[^\s/\\?#%]{1,120}$",
            description="A signal by its id",
            examples=["BTCUSDT-confluence-long-1700000060"],
        ),
    ]


class SignalPage(Answer, frozen=True, kw_only=True):
    """A page of signals, the newest first; next_before asks for the next page, null where there is none.

    count: of all that fit, null where it was not asked for. note: why something is missing, where the reason is not the
    question.
    """

    signals: tuple[SignalRow, ...]
    next_before: str | None
    count: int | None
    note: str | None


class OutcomePage(Answer, frozen=True, kw_only=True):
    """A page of what came of trades, the newest first; the other fields are those of a page of signals."""

    outcomes: tuple[OutcomeRow, ...]
    next_before: str | None
    count: int | None
    note: str | None


class SignalTold(Answer, frozen=True, kw_only=True):
    """All that is known of one signal.

    reads: what the rule looked at; limits: the parameters that it was held against. plan: null of a notice. moves:
    what became of it, oldest first. outcome, returns: what came of it, and what the price did until each horizon;
    random_outcome, random_returns: the same of a random entry in the same market at the same time of day. says_again:
    whether the rule, as it is now, says the same of the same figures.
    """

    signal: SignalRow
    reads: tuple[ReadRow, ...]
    limits: dict[str, float]
    plan: PlanRow | None
    moves: tuple[MoveRow, ...]
    outcome: OutcomeRow | None
    returns: tuple[ReturnRow, ...]
    random_outcome: OutcomeRow | None
    random_returns: tuple[ReturnRow, ...]
    says_again: bool


def filter_of(asked: Chosen) -> SignalFilter:
    """What the database is asked for."""
    return SignalFilter(
        rule=asked.rule, symbol=asked.symbol, since_ns=_ns(asked.since_ms), until_ns=_ns(asked.until_ms)
    )


def _ns(moment_ms: int | None) -> int | None:
    return None if moment_ms is None else min(moment_ms * MILLISECOND, _LAST_NS)


def _signal_filter(asked: AskedPastSignals) -> SignalFilter:
    side = None if asked.side is None else {"long": 1, "short": -1, "neutral": 0}[asked.side]
    return msgspec.structs.replace(filter_of(asked), side=side, only_open=asked.only_open)


async def _signals(past: Past, asked: AskedPastSignals) -> SignalPage:
    page = await past.signals(_signal_filter(asked), limit=asked.limit, before=asked.before, counts=asked.count)
    return SignalPage(
        as_of_ms=past.now_ms,
        signals=tuple(map(_row, page.rows)),
        next_before=page.next_before,
        count=page.count,
        note=page.note,
    )


async def _outcomes(past: Past, asked: AskedOutcomes) -> OutcomePage:
    page = await past.outcomes(
        filter_of(asked), random=asked.random, limit=asked.limit, before=asked.before, counts=asked.count
    )
    return OutcomePage(
        as_of_ms=past.now_ms,
        outcomes=tuple(map(outcome_row, page.rows)),
        next_before=page.next_before,
        count=page.count,
        note=page.note,
    )


async def _signal(past: Past, asked: AskedSignal) -> SignalTold:
    story = await past.signal(asked.id)
    if story is None:
        raise RequestError(404, f"no signal {asked.id} is kept; /api/v1/history/signals lists those that are")
    signal, outcome, random = story.kept.signal, story.kept.outcome, story.random
    return SignalTold(
        as_of_ms=past.now_ms,
        signal=_row(story.kept),
        reads=read_rows(signal.reads),
        limits=signal.limits,
        plan=None if signal.plan is None else plan_row(signal.plan),
        moves=tuple(map(move_row, story.transitions)),
        outcome=None if outcome is None else outcome_row(outcome),
        returns=() if outcome is None else return_rows(outcome),
        random_outcome=None if random is None else outcome_row(random),
        random_returns=() if random is None else return_rows(random),
        says_again=says_again(signal),
    )


def _row(kept: KeptSignal) -> SignalRow:
    return signal_row(kept.signal, kept.stage, kept.moved_at, kept.outcome)


def _export_signals(past: Past, asked: AskedPastSignals) -> PastExport | None:
    return _export(asked.format, "signals", SignalRow, lambda: past.every_signal(_signal_filter(asked)), _row)


def _export_outcomes(past: Past, asked: AskedOutcomes) -> PastExport | None:
    every: Callable[[], AsyncGenerator[list[Outcome], None]] = lambda: past.every_outcome(  # noqa: E731 - typed
        filter_of(asked), random=asked.random
    )
    return _export(asked.format, "outcomes", OutcomeRow, every, outcome_row)


def _export(
    form: str,
    name: str,
    shape: type[msgspec.Struct],
    every: Callable[[], AsyncGenerator[list[Any], None]],
    row: Callable[[Any], msgspec.Struct],
) -> PastExport | None:
    if form == "json":
        return None
    is_table = form == "csv"
    return PastExport(
        content_type="text/csv" if is_table else "application/x-ndjson",
        file_name=f"{name}.{form}",
        pieces=_pieces(every(), row, table if is_table else lines, head(shape) if is_table else b""),
    )


async def _pieces(
    every: AsyncGenerator[list[Any], None],
    row: Callable[[Any], msgspec.Struct],
    write: Callable[[Rows], bytes],
    begin: bytes,
) -> AsyncGenerator[bytes, None]:
    async with aclosing(every) as parts:
        async for part in parts:
            yield begin + write([row(one) for one in part])
            begin = b""
    if begin:
        yield begin


ROUTES = (
    PastRoute(
        path="/api/v1/history/signals",
        summary="Every signal that the database keeps: a page of them, or an export",
        asked=AskedPastSignals,
        answer=SignalPage,
        give=_signals,
        export=_export_signals,
        transient=2 * MIB,
    ),
    PastRoute(
        path="/api/v1/history/signals/{id}",
        summary="One signal: why it was raised, what became of it and what came of it",
        asked=AskedSignal,
        answer=SignalTold,
        give=_signal,
    ),
    PastRoute(
        path="/api/v1/history/outcomes",
        summary="What came of every trade that the database keeps: a page of them, or an export",
        asked=AskedOutcomes,
        answer=OutcomePage,
        give=_outcomes,
        export=_export_outcomes,
        transient=2 * MIB,
    ),
)
