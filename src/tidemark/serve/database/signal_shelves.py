"""Signals and what came of them, as they are read from the database."""

import sys
from typing import Any

import msgspec
import sqlalchemy as sa

from tidemark.api.past import KeptSignal, SignalFilter, SignalStory
from tidemark.model.signal import Outcome
from tidemark.serve.database.shelf import Shelf, is_text, same
from tidemark.store import signal_rows
from tidemark.store.signal_rows import kept_of, outcome_of
from tidemark.store.tables import OUTCOMES, SIGNALS
from tidemark.units import KIB

_OUTCOME = msgspec.json.Decoder(Outcome)
# What came of the trade of a signal stands under its own id.
_ITS_OUTCOME = (
    sa.select(OUTCOMES.c.record)
    .where(OUTCOMES.c.venue == SIGNALS.c.venue, OUTCOMES.c.id == SIGNALS.c.id)
    .scalar_subquery()
    .label("outcome")
)


def _kept(row: sa.Row[Any]) -> KeptSignal:
    kept = kept_of(row)
    return KeptSignal(
        signal=kept.signal,
        stage=kept.stage,
        moved_at=kept.moved_at,
        outcome=None if row.outcome is None else _OUTCOME.decode(row.outcome),
    )


def _slim(row: sa.Row[Any]) -> Outcome:
    """Without what no figure is made of, and with one text for all that say the same: thousands are held at a time."""
    one = outcome_of(row)
    return msgspec.structs.replace(
        one,
        rule=sys.intern(one.rule),
        name=sys.intern(one.name),
        symbol=sys.intern(one.symbol),
        regime=sys.intern(one.regime),
        forward=(),
    )


SHELF_OF_SIGNALS = Shelf(
    table=SIGNALS, time="at", names=("id",), row_of=_kept, row_bytes=12 * KIB, beside=(_ITS_OUTCOME,)
)
SHELF_OF_OUTCOMES = Shelf(table=OUTCOMES, time="at", names=("id",), row_of=outcome_of, row_bytes=6 * KIB)
# Held for the length of a scorecard; measured by its test.
SHELF_OF_GRADED = Shelf(table=OUTCOMES, time="at", names=("id",), row_of=_slim, row_bytes=1 * KIB)


def fitting_signals(venue: str, wanted: SignalFilter) -> list[sa.ColumnElement[bool]]:
    """What a signal of *venue* has to be, to be among those that are wanted."""
    fit = [*_fitting(SIGNALS, venue, wanted)]
    if wanted.side is not None:
        fit.append(SIGNALS.c.side == wanted.side)
    if wanted.only_open:
        fit.append(SIGNALS.c.is_open)
    return fit


def fitting_outcomes(venue: str, wanted: SignalFilter, *, random: bool) -> list[sa.ColumnElement[bool]]:
    """What an outcome has to be; with *random* those of the random entries are wanted, too."""
    return [*_fitting(OUTCOMES, venue, wanted), *([] if random else [sa.not_(OUTCOMES.c.is_null)])]


def story_of(connection: sa.Connection, venue: str, identity: str) -> SignalStory | None:
    """A signal, what became of it, and what came of it and of the random entry against it; None where there is none."""
    kept = signal_rows.find(connection, venue, identity) if is_text(identity) else None
    if kept is None:
        return None
    of = {one.is_null: one for one in signal_rows.outcomes_of(connection, venue, identity)}
    return SignalStory(
        kept=KeptSignal(signal=kept.signal, stage=kept.stage, moved_at=kept.moved_at, outcome=of.get(False)),
        transitions=tuple(signal_rows.transitions(connection, venue, identity)),
        random=of.get(True),
    )


def _fitting(table: sa.Table, venue: str, wanted: SignalFilter) -> list[sa.ColumnElement[bool]]:
    columns = table.c
    fit: list[sa.ColumnElement[bool]] = [columns.venue == venue]
    fit += [
        same(columns[name], asked)
        for name, asked in (("rule", wanted.rule), ("symbol", wanted.symbol))
        if asked is not None
    ]
    if wanted.since_ns is not None:
        fit.append(columns.at >= wanted.since_ns)
    if wanted.until_ns is not None:
        fit.append(columns.at < wanted.until_ns)
    return fit
