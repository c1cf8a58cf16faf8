from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.build import MIDNIGHT
from tests.signalling import at_s, closed
from tests.unit.signals.test_followed import PLAN, signal

from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.signal import Outcome, Plan, Reason, Side, Signal, Stage, Transition
from tidemark.signals.chance import LATE_NS, drawn_at
from tidemark.signals.following import Following, Minutes, Past
from tidemark.units import DAY, MINUTE

Row = tuple[float, float, float, float]
STILL: Row = (101.0, 101.0, 101.0, 101.0)
ENTERS: Row = (100.0, 100.5, 99.5, 100.0)


def no_draw(_: int) -> tuple[Plan, float] | None:
    return None


def following(past: Past | None = None, capacity: int = 8) -> Following:
    return Following(capacity=capacity, series=2, ledger=Ledger(), past=past)


def minute(made: Following, number: int, row: Row = STILL, slot: int = 0) -> list[Transition | Outcome]:
    return made.close(closed(at_s(60 * number), {slot: row}))


def told(records: Sequence[object]) -> list[tuple[str, Any]]:
    return [
        (type(one).__name__, one.reason if isinstance(one, Transition) else one.is_final)
        for one in records
        if isinstance(one, Transition | Outcome)
    ]


def test_only_minutes_that_opened_after_the_signal_count() -> None:
    made = following()
    made.add(signal(at=5.0), 0)

    assert minute(made, 0, ENTERS) == []
    assert told(minute(made, 1, ENTERS)) == [("Transition", Reason.ENTERED)]


def test_a_transition_carries_the_candle_and_an_end_what_came_of_it() -> None:
    made = following()
    made.add(signal(), 0)
    minute(made, 1, ENTERS)

    moved, outcome = minute(made, 2, (99.0, 99.0, 97.0, 98.0))

    assert isinstance(moved, Transition)
    assert [(one.name, one.value) for one in moved.reads] == [
        ("open", 99.0),
        ("high", 99.0),
        ("low", 97.0),
        ("close", 98.0),
    ]
    assert (moved.at, moved.price, moved.now) == (at_s(180), 98.0, Stage.STOPPED)
    assert isinstance(outcome, Outcome)
    assert (outcome.is_final, outcome.gross_r) == (False, -1.0)


def test_after_a_day_the_outcome_is_final_and_its_place_is_free() -> None:
    made = following()
    made.add(signal(at=0.0), 0)
    records = [one for number in range(24 * 60) for one in minute(made, number, ENTERS)]

    assert told(records)[0] == ("Transition", Reason.ENTERED)
    assert told(records)[-1] == ("Outcome", True)
    (final,) = [one for one in records if isinstance(one, Outcome) and one.is_final]
    assert [one.horizon_s for one in final.forward] == [300, 900, 3600, 14400, 86400]
    # What is left is the random entry, whose time has not come.
    assert made.followed.usage().used == 1


def test_markets_are_told_apart() -> None:
    made = following()
    made.add(signal(), 0)
    made.add(signal("ETHUSDT"), 1)

    records = minute(made, 1, ENTERS, slot=1)

    assert [one.id for one in records] == [signal("ETHUSDT").id]


def test_an_absent_minute_is_none() -> None:
    made = following()
    made.add(signal(), 0)

    assert made.close(closed(at_s(60), {0: ENTERS}, origin=Origin.ABSENT)) == []


class Candles:
    """A past that is told later."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}

    def __call__(self, slot: int, since_ns: int) -> Minutes:
        assert slot == 0
        some = sorted(number for number in self.rows if at_s(60 * number) >= since_ns)
        prices = np.array([self.rows[number] for number in some]).reshape(len(some), 4).T
        return Minutes(np.array([at_s(60 * number) for number in some], np.int64), *prices)


def test_a_minute_that_is_missing_is_waited_for_and_read_when_it_is_repaired() -> None:
    past = Candles()
    made = following(past)
    made.add(signal(), 0)
    assert minute(made, 3, STILL) == []
    past.rows = {2: STILL, 3: STILL}

    assert made.advance(at_s(300), no_draw) == []
    past.rows[1] = ENTERS
    records = made.advance(at_s(301), no_draw)

    assert told(records) == [("Transition", Reason.ENTERED)]
    assert made.followed.columns["followed_to"][0] == at_s(240)
    assert made.followed.columns["unseen"][0] == 0


def test_after_ten_minutes_it_is_passed_over_and_counted() -> None:
    past = Candles()
    made = following(past)
    made.add(signal(), 0)
    past.rows = {5: (97.0, 97.0, 97.0, 97.0)}

    assert made.advance(at_s(5 * 60 + 599), no_draw) == []
    moved, outcome = made.advance(at_s(5 * 60 + 600), no_draw)

    assert told([moved]) == [("Transition", Reason.PASSED)]
    assert isinstance(outcome, Outcome)
    assert outcome.unseen_s == 240.0


def test_without_a_past_a_hole_is_passed_over_at_once() -> None:
    made = following()
    made.add(signal(), 0)

    assert told(minute(made, 4, ENTERS)) == [("Transition", Reason.ENTERED)]
    assert made.followed.columns["unseen"][0] == 3 * MINUTE


def test_few_are_looked_for_in_the_past_at_a_time() -> None:
    asked: list[int] = []

    def past(slot: int, since_ns: int) -> Minutes:
        asked.append(slot)
        return Minutes(*(np.zeros(0) for _ in range(5)))

    made = following(past, capacity=100)
    for number in range(40):
        made.add(signal(f"M{number}"), 0)
    made.advance(at_s(3600), no_draw)

    assert len(asked) == 20


def test_what_no_minute_came_for_ends_by_the_clock() -> None:
    made = following(Candles())
    made.add(signal(at=0.0), 0)
    end = MIDNIGHT + DAY + 20 * MINUTE

    assert made.advance(end, no_draw) == []
    records = made.advance(end + 1, no_draw)

    assert told(records) == [("Transition", Reason.OVER), ("Outcome", True)]
    assert isinstance(records[1], Outcome)
    assert records[1].net_r is None


def test_the_random_entry_begins_when_its_time_comes_and_has_an_outcome_of_its_own() -> None:
    made = following()
    raised = signal(at=0.0)
    made.add(raised, 0)
    due = drawn_at(raised.id, raised.at)
    drawn: list[int] = []

    def draw(entry: int) -> tuple[Plan, float]:
        drawn.append(entry)
        return msgspec.structs.replace(PLAN, wait_until=due + 15 * MINUTE, expires_at=due + 60 * MINUTE), 100.0

    assert made.advance(due - 1, draw) == []
    assert drawn == []
    made.advance(due, draw)
    first = -(-due // MINUTE) * MINUTE
    records = made.close(closed(first, {0: ENTERS})) + made.close(closed(first + MINUTE, {0: (99.0, 99.0, 97.0, 97.0)}))

    mine = [one for one in records if isinstance(one, Outcome) and one.is_null]
    assert [(one.of, one.stage, one.gross_r) for one in mine] == [(raised.id, Stage.STOPPED, -1.0)]
    assert not [one for one in records if isinstance(one, Transition) and one.id.endswith("-null")]


def test_one_that_cannot_be_drawn_in_half_an_hour_is_left_out() -> None:
    made = following()
    raised = signal(at=0.0)
    made.add(raised, 0)
    due = drawn_at(raised.id, raised.at)

    made.advance(due + LATE_NS, no_draw)
    assert made.undrawn == 0
    made.advance(due + LATE_NS + 1, no_draw)

    assert made.undrawn == 1
    assert made.followed.columns["is_null"].sum() == 0


def test_the_opposite_one_ends_what_runs_at_the_next_open() -> None:
    made = following()
    made.add(signal(), 0)
    minute(made, 1, ENTERS)

    records = made.cease(
        "whale_flow", 1, 0, signal().at, at=at_s(121), reason=Reason.REVERSED, ends=False
    )  # fmt: skip

    assert [(one.was, one.now) for one in records if isinstance(one, Transition)] == [(Stage.ACTIVE, Stage.ACTIVE)]
    assert told(minute(made, 2, (101.0, 110.0, 90.0, 100.0)))[0] == ("Transition", Reason.TURNED)


@pytest.mark.parametrize(
    ("reason", "ends", "now"),
    [
        (Reason.CEASED, False, Stage.PENDING),
        (Reason.CEASED, True, Stage.INVALIDATED),
        (Reason.REVERSED, False, Stage.INVALIDATED),
    ],
)
def test_what_was_not_entered_is_invalid_where_it_needs_its_condition(reason: Reason, ends: bool, now: Stage) -> None:
    made = following()
    made.add(signal(), 0)

    records = made.cease("whale_flow", 1, 0, signal().at, at=at_s(10), reason=reason, ends=ends)

    assert [one.now for one in records if isinstance(one, Transition)] == [now]
    assert len(records) == (1 if now is Stage.PENDING else 2)


def test_trades_are_open_until_they_end_and_random_entries_are_none_of_them() -> None:
    made = following()
    made.add(signal(), 0)

    assert (made.followed.usage().used, made.followed.open_trades) == (2, 1)
    made.leave(0, at_s(2))
    assert made.followed.open_trades == 0


def test_what_is_not_followed_has_nothing_to_say() -> None:
    assert following().cease("whale_flow", 1, 0, 5, at=6, reason=Reason.CEASED, ends=True) == []


def test_when_a_market_leaves_what_is_open_ends_at_the_last_price() -> None:
    made = following()
    made.add(signal(), 0)
    minute(made, 1, (100.0, 101.0, 99.5, 101.0))

    moved, outcome = made.leave(0, at_s(130))

    assert isinstance(moved, Transition)
    assert (moved.reason, moved.price, moved.now) == (Reason.GONE, 101.0, Stage.INVALIDATED)
    assert isinstance(outcome, Outcome)
    assert (outcome.is_final, outcome.gross_r) == (True, 0.5)
    assert made.undrawn == 1
    assert made.followed.usage().used == 0


def test_the_oldest_that_has_ended_makes_room() -> None:
    made = following(capacity=4)
    for number in range(2):
        made.add(signal(at=float(number)), 0)
    minute(made, 1, (97.0, 97.0, 97.0, 97.0))

    records = made.add(signal(at=70.0), 0)

    assert told(records) == [("Outcome", True), ("Outcome", True)]
    usage = made.followed.usage()
    assert (usage.used, usage.evicted, usage.rejected) == (4, 2, 0)


def test_where_all_is_open_a_new_one_is_told_that_it_is_not_followed() -> None:
    made = following(capacity=3)
    made.add(signal(at=0.0), 0)
    made.add(signal(at=1.0), 0)

    (moved,) = made.add(signal(at=2.0), 0)

    assert made.undrawn == 1
    assert isinstance(moved, Transition)
    assert (moved.id, moved.now, moved.reason) == (signal(at=2.0).id, Stage.INVALIDATED, Reason.CROWDED)
    assert made.followed.usage().rejected == 1


def test_a_trade_pays_the_funding_that_falls_due_while_it_is_held() -> None:
    made = following()
    made.add(signal(), 0)
    minute(made, 1, ENTERS)
    due, rate = np.array([at_s(120), 0]), np.array([0.001, 0.0])
    for now in (at_s(110), at_s(120)):
        made.charge(now, rate, due)

    *_, outcome = minute(made, 2, (99.0, 99.0, 97.0, 98.0))

    assert isinstance(outcome, Outcome)
    assert outcome.funding == pytest.approx(0.001)
    # 2 at risk; 1 per mille of 198 in costs and of 100 in funding.
    assert outcome.net_r == pytest.approx(-1.0 - (0.198 + 0.1) / 2.0)


def test_who_was_in_the_market_as_funding_fell_due_pays_though_its_minutes_come_later() -> None:
    """Entered in the minute before that, and known a moment after it: also by a process that began since."""
    made = following()
    made.add(signal(), 0)
    made.charge(at_s(110), np.array([0.001, 0.0]), np.array([at_s(120), 0]))
    again = following()
    again.resume(made.saved())
    for name, column in again.kept().items():
        column[:] = made.kept()[name]
    again.join(0, signal().symbol)
    made.charge(at_s(120), np.array([0.002, 0.0]), np.array([at_s(600), 0]))

    outcomes = []
    for one in (made, again):
        minute(one, 1, ENTERS)
        *_, outcome = minute(one, 2, (99.0, 99.0, 97.0, 98.0))
        outcomes.append(outcome)

    assert [one.funding for one in outcomes if isinstance(one, Outcome)] == pytest.approx([0.001, 0.001])


def test_who_has_left_as_funding_falls_due_pays_nothing_though_that_is_known_later() -> None:
    made = following()
    made.add(signal(), 0)
    minute(made, 1, ENTERS)
    due, rate = np.array([at_s(180), 0]), np.array([0.001, 0.0])
    for now in (at_s(130), at_s(180)):
        made.charge(now, rate, due)

    *_, outcome = minute(made, 2, (99.0, 99.0, 97.0, 98.0))

    assert isinstance(outcome, Outcome)
    assert outcome.funding == 0.0


def test_it_goes_on_with_what_was_saved() -> None:
    made = following()
    made.add(signal(), 0)
    minute(made, 1, ENTERS)
    again = following()

    assert again.resume(made.saved()) == 0
    again.join(1, "BTCUSDT")
    for name, column in made.kept().items():
        again.kept()[name][:] = column

    row: Row = (99.0, 99.0, 97.0, 98.0)
    assert minute(again, 2, row, slot=1) == minute(made, 2, row)


def test_a_short_is_followed_like_its_mirror() -> None:
    made = following()
    raised = signal()
    plan = msgspec.structs.replace(PLAN, stop=102.0, targets=(98.0, 96.0))
    short: Signal = msgspec.structs.replace(raised, name="short", side=Side.SHORT, plan=plan)
    made.add(short, 0)

    minute(made, 1, (100.0, 100.5, 99.5, 100.0))
    *_, outcome = minute(made, 2, (99.0, 99.5, 95.0, 96.0))

    assert isinstance(outcome, Outcome)
    assert outcome.stage is Stage.TARGET
    assert outcome.gross_r == pytest.approx(2.0)


def test_it_takes_what_it_reserved() -> None:
    ledger = Ledger()
    Following(capacity=8, series=2, ledger=ledger)

    reserved = {line.owner: line.bytes_reserved for line in ledger.report()}
    for one in Following.reserve(capacity=8, series=2):
        assert reserved[one.owner] == one.bytes
