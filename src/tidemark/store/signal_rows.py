"""Signals in the database: how records become rows, and how they are found again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tidemark.model.signal import Outcome, Record, Signal, Stage, Transition
from tidemark.store.tables import OUTCOMES, SIGNALS, TRANSITIONS

# Rows that are read at a time.
_PIECE = 500
_SIGNAL = msgspec.json.Decoder(Signal)
_TRANSITION = msgspec.json.Decoder(Transition)
_OUTCOME = msgspec.json.Decoder(Outcome)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A signal as the database has it, and where it stands since `moved_at` (ns)."""

    signal: Signal
    stage: Stage
    moved_at: int


def put(connection: sa.Connection, venue: str, records: Sequence[Record]) -> None:
    """Write *records*, in the order in which they were told. Done twice, it changes nothing."""
    signals = {one.id: one for one in records if isinstance(one, Signal)}
    moves = {(one.id, one.at, one.reason): one for one in records if isinstance(one, Transition)}
    outcomes = {one.id: one for one in records if isinstance(one, Outcome)}
    # One that is told again was raised before, and may have moved since.
    _insert(connection, SIGNALS, [_signal_row(venue, one) for one in signals.values()], replaces=False)
    _insert(connection, TRANSITIONS, [_transition_row(venue, one) for one in moves.values()], replaces=True)
    _insert(connection, OUTCOMES, [_outcome_row(venue, one) for one in outcomes.values()], replaces=True)
    newest: dict[str, Transition] = {one.id: one for one in moves.values()}
    if newest:
        columns = SIGNALS.c
        moved = (
            sa.update(SIGNALS)
            .where(columns.venue == venue, columns.id == sa.bindparam("of"), columns.moved_at <= sa.bindparam("when"))
            .values(stage=sa.bindparam("now"), moved_at=sa.bindparam("when"), is_open=sa.bindparam("opened"))
        )
        connection.execute(
            moved,
            [
                {"of": one.id, "now": one.now.value, "when": one.at, "opened": one.now.is_open}
                for one in newest.values()
            ],
        )


def signals(
    connection: sa.Connection,
    venue: str,
    *,
    rule: str | None = None,
    symbol: str | None = None,
    since: int | None = None,
    only_open: bool = False,
    most: int | None = None,
) -> Iterator[Kept]:
    """The signals that match, the newest first. since: raised at that time (ns) or later."""
    columns = SIGNALS.c
    query = sa.select(SIGNALS).where(columns.venue == venue).order_by(columns.at.desc(), columns.id.desc())
    for column, asked in ((columns.rule, rule), (columns.symbol, symbol)):
        if asked is not None:
            query = query.where(column == asked)
    if since is not None:
        query = query.where(columns.at >= since)
    if only_open:
        query = query.where(columns.is_open)
    for row in connection.execute(query.limit(most).execution_options(yield_per=_PIECE)):
        yield kept_of(row)


def find(connection: sa.Connection, venue: str, identity: str) -> Kept | None:
    """The signal of that id; None where there is none."""
    columns = SIGNALS.c
    row = connection.execute(sa.select(SIGNALS).where(columns.venue == venue, columns.id == identity)).first()
    return None if row is None else kept_of(row)


def transitions(connection: sa.Connection, venue: str, identity: str) -> list[Transition]:
    """What became of a signal, oldest first."""
    columns = TRANSITIONS.c
    query = sa.select(TRANSITIONS).where(columns.venue == venue, columns.id == identity)
    return [transition_of(row) for row in connection.execute(query.order_by(columns.at, columns.reason))]


def outcomes_of(connection: sa.Connection, venue: str, identity: str) -> list[Outcome]:
    """What came of a signal, and of the random entry against it, in this order."""
    columns = OUTCOMES.c
    query = sa.select(OUTCOMES).where(columns.venue == venue, columns.of == identity)
    return [outcome_of(row) for row in connection.execute(query.order_by(columns.is_null))]


def outcomes(
    connection: sa.Connection,
    venue: str,
    *,
    rule: str | None = None,
    symbol: str | None = None,
    since: int | None = None,
    most: int | None = None,
) -> Iterator[Outcome]:
    """What came of the signals that match and of the random entries against them, the newest first."""
    columns = OUTCOMES.c
    query = sa.select(OUTCOMES).where(columns.venue == venue).order_by(columns.at.desc(), columns.id.desc())
    for column, asked in ((columns.rule, rule), (columns.symbol, symbol)):
        if asked is not None:
            query = query.where(column == asked)
    if since is not None:
        query = query.where(columns.at >= since)
    for row in connection.execute(query.limit(most).execution_options(yield_per=_PIECE)):
        yield outcome_of(row)


def forget(connection: sa.Connection, before: int) -> int:
    """Remove what was raised before *before* (ns) and is over; give how many signals that were."""
    is_old = sa.and_(SIGNALS.c.at < before, sa.not_(SIGNALS.c.is_open))
    old = sa.select(SIGNALS.c.venue, SIGNALS.c.id).where(is_old)
    for table, name in ((TRANSITIONS, "id"), (OUTCOMES, "of")):
        connection.execute(sa.delete(table).where(sa.tuple_(table.c.venue, table.c[name]).in_(old)))
    return int(connection.execute(sa.delete(SIGNALS).where(is_old)).rowcount)


def kept_of(row: sa.Row[Any]) -> Kept:
    """The signal that a row of `SIGNALS` tells."""
    return Kept(signal=_SIGNAL.decode(row.record), stage=Stage(row.stage), moved_at=row.moved_at)


def transition_of(row: sa.Row[Any]) -> Transition:
    """The transition that a row of `TRANSITIONS` tells."""
    return _TRANSITION.decode(row.record)


def outcome_of(row: sa.Row[Any]) -> Outcome:
    """The outcome that a row of `OUTCOMES` tells."""
    return _OUTCOME.decode(row.record)


def _insert(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]], *, replaces: bool
) -> None:
    if not rows:
        return
    insert = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(table)
    keys = list(table.primary_key)
    if replaces:
        changed = {column.name: insert.excluded[column.name] for column in table.c if not column.primary_key}
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), rows)
    else:
        connection.execute(insert.on_conflict_do_nothing(index_elements=keys), rows)


def _text(record: Record) -> str:
    return msgspec.json.encode(record).decode()


def _signal_row(venue: str, one: Signal) -> dict[str, object]:
    stage = Stage.ACTIVE if one.plan is None else Stage.PENDING
    return {
        "venue": venue,
        "id": one.id,
        "rule": one.rule,
        "name": one.name,
        "symbol": one.symbol,
        "side": int(one.side),
        "at": one.at,
        "stage": stage.value,
        "moved_at": one.at,
        "is_open": True,
        "record": _text(one),
    }


def _transition_row(venue: str, one: Transition) -> dict[str, object]:
    return {"venue": venue, "id": one.id, "at": one.at, "reason": one.reason.value, "record": _text(one)}


def _outcome_row(venue: str, one: Outcome) -> dict[str, object]:
    return {
        "venue": venue,
        "id": one.id,
        "of": one.of,
        "rule": one.rule,
        "symbol": one.symbol,
        "at": one.at,
        "is_null": one.is_null,
        "is_final": one.is_final,
        "record": _text(one),
    }
