import numpy as np
from tests.structures_read import take

from tidemark.analysis.wyckoff.engine import Batch
from tidemark.analysis.wyckoff.kept import (
    CHANGES,
    DEEPER,
    ENDED,
    EVENTS,
    FAILED,
    WITHDRAWN,
    Kept,
    KeptChange,
    KeptRevision,
)
from tidemark.kernels import structure
from tidemark.memory.ledger import Ledger
from tidemark.units import HOUR

LEVEL, ODDS = 0, 13


def made(series: int = 2) -> Kept:
    return Kept("past", series=series, ledger=Ledger())


def batch(*rows: tuple[int, ...], values: dict[int, dict[int, float]] | None = None) -> Batch:
    """Events as the kernel gives them: series, kind, direction, at, confirmed, range, is_back, phase, entry."""
    told = np.zeros((len(rows), structure.VALUES))
    for row, columns in (values or {}).items():
        for column, value in columns.items():
            told[row, column] = value
    events = np.array(rows, np.int64).reshape(-1, structure.EVENT)
    none = np.zeros(0)
    return Batch(events=events, values=told, seen=none, pull=none, bars=none, features=none)


def test_what_it_takes_is_known_before_it_is_made() -> None:
    ledger = Ledger()
    Kept("past", series=5, ledger=ledger)

    (planned,) = Kept.reserve("past", series=5)
    assert planned in [one.reservation for one in ledger.owners()]
    # With the engine's 4.5 KB far below 64 KB a series.
    assert planned.item_bytes < 2500


def test_an_event_is_kept_as_it_was_given() -> None:
    kept = made()
    kept.take(
        batch((1, structure.SPRING, -1, 40, 42, 3, 0, 2, 1), values={0: {LEVEL: 4.5, 1: 0.125, ODDS: 2.5}}),
        np.array([7, HOUR]),
    )

    (one,) = kept.events(1)
    assert (one.time, one.kind, one.direction, one.at, one.confirmed) == (HOUR, structure.SPRING, -1, 40, 42)
    assert (one.range_id, one.phase, one.is_back) == (3, 2, False)
    assert (one.values[LEVEL], one.values[1], one.values[ODDS]) == (4.5, 0.125, 2.5)
    assert kept.events(0) == []


def test_the_oldest_event_goes_first() -> None:
    kept = made()
    for at in range(EVENTS + 5):
        kept.take(batch((0, structure.CLIMAX, 1, at, at + 3, 1, 0, 1, 0)), np.array([at * HOUR]))

    assert [one.at for one in kept.events(0)] == list(range(5, EVENTS + 5))
    assert [one.time for one in kept.events(0)] == [at * HOUR for at in range(5, EVENTS + 5)]


def test_what_is_taken_back_is_marked_and_not_the_newest_any_more() -> None:
    kept = made()
    times = np.array([1, 2, 3])
    kept.take(
        batch(
            (0, structure.SPRING, 1, 5, 6, 1, 0, 2, 0),
            (0, structure.SIGN, 1, 9, 11, 1, 0, 4, 1),
            (0, structure.SIGN, 1, 9, 11, 2, 0, 4, 1),  # of another range
            (0, structure.SIGN, -1, 9, 11, 1, 0, 4, 1),  # of the other direction
        ), times,
    )  # fmt: skip
    assert [one.is_back for one in kept.events(0)] == [False] * 4

    kept.take(batch((0, structure.SIGN, 1, 9, 15, 1, 1, 4, 2)), times)

    assert [one.is_back for one in kept.events(0)] == [False, True, False, False]
    kept.take(batch((0, structure.SIGN, -1, 9, 16, 1, 1, 4, 2), (0, structure.SIGN, 1, 9, 16, 2, 1, 4, 2)), times)
    newest = kept.newest(0)
    assert newest is not None
    assert newest.kind == structure.SPRING


def test_a_revision_is_kept_with_its_event_and_that_alone() -> None:
    kept = made()
    times = np.array([1, 2, 3])
    kept.take(
        batch(
            (0, structure.SPRING, 1, 5, 6, 1, 0, 2, 0),
            (0, structure.SPRING, 1, 9, 11, 1, 0, 3, 1),
            values={0: {LEVEL: 4.0}, 1: {LEVEL: 3.5}},
        ), times,
    )  # fmt: skip

    values = {0: {LEVEL: 3.25, 1: structure.SPRING, 2: 9}}
    kept.take(batch((0, structure.REVISED, 1, 14, 15, 1, 0, 3, 2), values=values), times)

    first, second = kept.events(0)
    assert first.revision is None
    assert second.revision == KeptRevision(DEEPER, 14, 15, 3.25)
    # The event is as it was given, and still there.
    assert (second.at, second.values[LEVEL], second.is_back) == (9, 3.5, False)


def test_when_a_break_fails_in_the_end_its_sign_and_its_pullbacks_are_marked() -> None:
    kept = made()
    times = np.array([1, 2, 3])
    kept.take(
        batch(
            (0, structure.SPRING, 1, 5, 6, 1, 0, 2, 0),
            (0, structure.SIGN, 1, 9, 11, 1, 0, 4, 1),
            (0, structure.LAST_POINT, 1, 12, 13, 1, 0, 4, 1),
            (0, structure.BACKUP, 1, 14, 15, 1, 0, 4, 1),
            (0, structure.SIGN, 1, 9, 11, 2, 0, 4, 1),  # of another range
        ), times,
    )  # fmt: skip

    values = {0: {1: structure.END_FAILED, 2: -1.5, 3: 2.5, 8: 2.0}}
    kept.take(batch((0, structure.ENDS, 1, 20, 20, 1, 0, 4, 2), values=values), times)

    assert [one.is_back for one in kept.events(0)] == [False, True, True, True, False]
    assert kept.events(0)[1].revision == KeptRevision(FAILED, 20, 20, 2.5)


def test_a_sign_that_was_taken_back_says_when_that_was_known_first() -> None:
    kept = made()
    times = np.array([1, 2, 3])
    kept.take(batch((0, structure.SIGN, 1, 9, 11, 1, 0, 4, 1)), times)
    kept.take(batch((0, structure.SIGN, 1, 9, 15, 1, 1, 4, 2), values={0: {LEVEL: 2.5}}), times)
    kept.take(batch((0, structure.ENDS, 1, 20, 20, 1, 0, 4, 2), values={0: {1: structure.END_FAILED}}), times)

    assert kept.events(0)[0].revision == KeptRevision(WITHDRAWN, 15, 15, 2.5)


def test_without_events_there_is_no_newest() -> None:
    assert made().newest(0) is None


def test_the_oldest_change_of_phase_goes_first() -> None:
    kept = made()
    for at in range(CHANGES + 2):
        kept.take(
            batch(
                (0, structure.PHASE_CHANGE, -1, at, at + 2, 7, 0, 1, 0), values={0: {1: at % 5, 2: at % 5 + 1, 3: at}}
            ),
            np.array([at * HOUR]),
        )

    assert kept.changes(0) == [KeptChange(at * HOUR, 7, at % 5 + 1, at, at, -1) for at in range(2, CHANGES + 2)]


def test_a_range_that_is_over_is_kept_with_its_bounds_and_why() -> None:
    kept = made()
    for number in range(ENDED + 3):
        values = {0: {1: structure.END_FAILED, 2: -1.5, 3: 2.5, 8: 10.0 + number}}
        kept.take(batch((0, structure.ENDS, -1, 90, 90, number, 0, 3, 0), values=values), np.array([HOUR]))

    ended = kept.ended(0)
    assert [one.range_id for one in ended] == list(range(3, ENDED + 3))
    assert (ended[0].why, ended[0].direction, ended[0].time) == (structure.END_FAILED, -1, HOUR)
    assert (ended[0].begin_at, ended[0].lower, ended[0].upper) == (13, -1.5, 2.5)


def test_beginnings_are_not_kept() -> None:
    kept = made()
    kept.take(batch((0, structure.BEGINS, 1, 20, 55, 1, 0, 0, 0)), np.array([HOUR]))

    assert (kept.events(0), kept.changes(0), kept.ended(0)) == ([], [], [])


def test_a_cleared_series_is_as_if_nothing_had_been_and_the_other_is_as_it_was() -> None:
    kept = made()
    for slot in (0, 1):
        kept.take(
            batch(
                (slot, structure.CLIMAX, 1, 5, 9, 1, 0, 1, 0), (slot, structure.PHASE_CHANGE, 0, 5, 9, 1, 0, 1, 0),
                (slot, structure.ENDS, 0, 5, 9, 1, 0, 1, 0),
            ), np.array([HOUR]),
        )  # fmt: skip
        kept.liken(slot, 2, -1, 0.75)
    kept.clear(0)

    assert (kept.events(0), kept.changes(0), kept.ended(0), kept.likeness(0)) == ([], [], [], (0, 0, 0.0))
    assert [len(kept.events(1)), len(kept.changes(1)), len(kept.ended(1))] == [1, 1, 1]
    assert kept.likeness(1) == (2, -1, 0.75)


def test_of_a_drawn_market_it_keeps_all() -> None:
    kept = take().kept

    kinds = [one.kind for one in kept.events(0)]
    assert kinds == [
        structure.PRELIMINARY, structure.CLIMAX, structure.REACTION, structure.SECONDARY_TEST,
        structure.SECONDARY_TEST, structure.SPRING, structure.TEST, structure.SIGN, structure.LAST_POINT,
        structure.BACKUP,
    ]  # fmt: skip
    assert [(one.phase, one.at) for one in kept.changes(0)] == [(1, 20), (2, 53), (3, 83), (4, 101), (5, 119)]
    assert [(one.why, one.begin_at, one.time) for one in kept.ended(0)] == [(structure.END_LEFT, 20, 148 * HOUR)]
