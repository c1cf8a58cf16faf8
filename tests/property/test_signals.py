"""A process may end at any moment: with what it had saved it goes on, loses no signal and tells none twice."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.signalling import PRICED, SILENT, SPEAKS, at_s, closed, inputs, signals

from tidemark.model.signal import OFF, Kind, Outcome, Record, Signal, Stage, Transition
from tidemark.signals.followed import NUMBER
from tidemark.signals.signals import SavedSignals, Signals

SYMBOLS = ("AUSDT", "BUSDT", "CUSDT")
RULES = tuple(SPEAKS)
STEP_S = 20
GIVEN = (
    {f"{rule}.cooldown": "60s" for rule in RULES}
    | {"whale_flow.warm_up": "200s"}
    | {
        f"{rule}.{name}": value
        for rule in RULES
        if rule not in {"regime_change", "feed_quality"}
        for name, value in (("wait", "2m"), ("life", "10m"))
    }
)
# Few places, so that they run out as well.
CAPACITY, MANY = 12, 600


class Second(NamedTuple):
    """What happens: which rule is loud in which market, what is not known, how far each price goes, who leaves."""

    loud: tuple[int, ...]
    unknown: int
    moves: tuple[int, ...]
    leaves: int
    funding: float


seconds = st.lists(
    st.builds(
        Second,
        loud=st.tuples(*[st.integers(-1, len(RULES) - 1)] * len(SYMBOLS)),
        unknown=st.integers(-9, len(SYMBOLS) - 1),
        moves=st.tuples(*[st.integers(-150, 150)] * len(SYMBOLS)),
        leaves=st.integers(-30, len(SYMBOLS) - 1),
        funding=st.floats(-0.01, 0.01),
    ),
    min_size=1,
    max_size=60,
)


class Saved(NamedTuple):
    """What a process leaves behind."""

    arrays: dict[str, Any]
    text: bytes


def save(made: Signals) -> Saved:
    return Saved({name: column.copy() for name, column in made.kept().items()}, msgspec.json.encode(made.saved()))


def resume(saved: Saved, capacity: int = CAPACITY) -> Signals:
    """Another process with the same markets."""
    made = signals(SYMBOLS, GIVEN, capacity=capacity, joins=False)
    for name, column in made.kept().items():
        column[:] = saved.arrays[name]
    assert made.resume(msgspec.json.decode(saved.text, type=SavedSignals)) == 0
    for slot, symbol in enumerate(SYMBOLS):
        made.join(slot, symbol)
    return made


def live(made: Signals, at: int, second: Second, prices: Sequence[float]) -> list[Record]:
    """One second of it; a minute closes with every third."""
    now = at_s(STEP_S * at)
    records: list[Record] = []
    columns: dict[str, list[float]] = {}
    for slot in range(len(SYMBOLS)):
        told = {name: value for rule in RULES for name, value in SILENT[rule].items()}
        if second.loud[slot] >= 0:
            told |= SPEAKS[RULES[second.loud[slot]]]
        told |= {**PRICED, "price": prices[slot]}
        for name, value in told.items():
            columns.setdefault(name, []).append(np.nan if second.unknown == slot else value)
    if at % 3 == 0 and at:
        rows = {
            slot: (price, price + 0.4, price - 0.4, price + second.moves[slot] / 100)
            for slot, price in enumerate(prices)
        }
        high_low = {
            slot: (row[0], max(row[0], row[3]) + 0.4, min(row[0], row[3]) - 0.4, row[3]) for slot, row in rows.items()
        }
        records += made.close(closed(now - 60_000_000_000, high_low))
    given_columns: Any = columns
    records += made.advance(
        inputs(now, len(SYMBOLS), funding=(second.funding, at_s(STEP_S * (at // 10 + 1) * 10)), **given_columns)
    )
    if second.leaves >= 0:
        records += made.leave(second.leaves, SYMBOLS[second.leaves], now)
        made.join(second.leaves, SYMBOLS[second.leaves])
    return records


def paths(course: Sequence[Second]) -> list[list[float]]:
    """The price of every market at the beginning of each second."""
    steps = np.array([second.moves for second in course], np.float64) / 100
    made: list[list[float]] = (100.0 + np.cumsum(steps, axis=0) - steps).clip(50.0, 200.0).round(2).tolist()
    return made


def key(record: Record) -> tuple[str, str, int, str]:
    reason = record.reason.value if isinstance(record, Transition) else ""
    final = str(record.is_final) if isinstance(record, Outcome) else ""
    return type(record).__name__, record.id, record.at, reason + final


@settings(max_examples=25)
@given(course=seconds, data=st.data())
def test_at_every_moment_at_which_it_may_end(course: list[Second], data: st.DataObject) -> None:
    prices = paths(course)
    whole, made, saves = [], signals(SYMBOLS, GIVEN, capacity=CAPACITY), []
    for at, second in enumerate(course):
        saves.append(save(made))
        whole.append(live(made, at, second, prices[at]))
    saved_at = data.draw(st.integers(0, len(course) - 1))
    killed_at = data.draw(st.integers(saved_at, len(course) - 1))

    # What came after the last save is met again, as a log that is read from there does.
    again = resume(saves[saved_at])
    rest = [live(again, at, course[at], prices[at]) for at in range(saved_at, len(course))]

    assert rest == whole[saved_at:]
    twice = [*whole[:killed_at], *rest]
    assert {key(record) for records in twice for record in records} == {
        key(record) for records in whole for record in records
    }


def on(made: Signals) -> set[tuple[str, int, int, int]]:
    return {(edge.rule, edge.row, edge.code, edge.since) for edge in made._conditions.on()}


def open_trades(made: Signals) -> set[str]:
    followed = made.following.followed
    columns = followed.columns
    is_open = [NUMBER[Stage.PENDING], NUMBER[Stage.ACTIVE]]
    found = (columns["is_used"] > 0) & (columns["is_null"] == 0) & np.isin(columns["stage"], is_open)
    return {followed.identity(entry)[0] for entry in np.flatnonzero(found).tolist()}


@settings(max_examples=25)
@given(course=seconds, data=st.data())
def test_killed_it_goes_on_by_its_log_from_what_was_saved(course: list[Second], data: st.DataObject) -> None:
    """The seconds between are gone for ever: what was told in them holds, and nothing of it is told a second time."""
    prices = paths(course)
    saved_at = data.draw(st.integers(0, len(course) - 1))
    killed_at = data.draw(st.integers(saved_at, len(course) - 1))
    told: list[Record] = []
    made = signals(SYMBOLS, GIVEN, capacity=MANY)
    for at in range(killed_at):
        if at == saved_at:
            saved, told = save(made), []
        told += live(made, at, course[at], prices[at])
    if saved_at == killed_at:
        saved, told = save(made), []

    again = resume(saved, MANY)
    assert again.again(told) == []

    assert on(again) == on(made)
    assert open_trades(again) >= open_trades(made)
    before = {one.id for one in told if isinstance(one, Signal)}
    rest = [one for at in range(killed_at, len(course)) for one in live(again, at, course[at], prices[at])]
    raised = [one.id for one in rest if isinstance(one, Signal)]
    assert len(raised) == len(set(raised))
    assert before.isdisjoint(raised)
    off = [one.id for one in [*told, *rest] if isinstance(one, Transition) and one.reason in OFF]
    assert len(off) == len(set(off))


def test_at_every_tenth_second_of_a_long_course() -> None:
    rng = np.random.default_rng(3)
    course = [
        Second(
            loud=tuple(np.where(rng.uniform(size=3) < 0.5, -1, rng.integers(0, len(RULES), 3)).tolist()),
            unknown=int(rng.integers(-9, 3)),
            moves=tuple(rng.integers(-60, 61, 3).tolist()),
            leaves=int(rng.integers(-60, 3)),
            funding=float(rng.normal()) / 100,
        )
        for _ in range(150)
    ]
    prices = paths(course)
    whole, made, saves = [], signals(SYMBOLS, GIVEN, capacity=CAPACITY), []
    for at, second in enumerate(course):
        saves.append(save(made))
        whole.append(live(made, at, second, prices[at]))
    records = [record for records in whole for record in records]
    assert {one.stage for one in records if isinstance(one, Outcome)} > {Stage.STOPPED, Stage.TARGET, Stage.EXPIRED}
    assert any(one.funding for one in records if isinstance(one, Outcome))

    for cut in range(0, len(course), 10):
        again = resume(saves[cut])
        assert [live(again, at, course[at], prices[at]) for at in range(cut, len(course))] == whole[cut:], cut


@settings(max_examples=25)
@given(course=seconds)
def test_every_signal_has_one_course_from_its_beginning_to_its_end(course: list[Second]) -> None:
    prices = paths(course)
    made = signals(SYMBOLS, GIVEN, capacity=CAPACITY)
    records = [one for at, second in enumerate(course) for one in live(made, at, second, prices[at])]

    raised = {one.id: one for one in records if isinstance(one, Signal)}
    assert len(raised) == sum(isinstance(one, Signal) for one in records)
    stages = {identity: Stage.PENDING if one.kind is Kind.TRADE else Stage.ACTIVE for identity, one in raised.items()}
    off: dict[str, int] = {}
    for one in records:
        if isinstance(one, Transition):
            is_followed = one.was is not Stage.ENDED
            assert one.was is stages[one.id] or not is_followed
            stages[one.id] = one.now if is_followed else stages[one.id]
            off[one.id] = off.get(one.id, 0) + (one.reason in OFF)
    assert all(count <= 1 for count in off.values())
    finals = [one.id for one in records if isinstance(one, Outcome) and one.is_final]
    assert len(finals) == len(set(finals))
    held = made.following.followed.usage()
    assert held.used <= CAPACITY
    still_on = sum(
        made._conditions.held(rule, slot)[0] != 0 and made._conditions.held(rule, slot)[1] > 0
        for rule in RULES
        for slot in range(len(SYMBOLS) + 1)
    )
    assert still_on == len(raised) - sum(off.values())
