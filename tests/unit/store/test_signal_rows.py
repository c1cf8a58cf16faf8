from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.signal_records import AT, moved, outcome, signal, story

from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Outcome, Reason, Record, Signal, Stage, Transition
from tidemark.store import signal_rows
from tidemark.store.database import Database
from tidemark.store.signal_log import SignalLog
from tidemark.store.tables import METADATA
from tidemark.units import MIB, MINUTE

RECORDS = [
    *story(0),
    *story(1, symbol="ETHUSDT"),
    signal(2),
    signal(3, rule="feed_quality", name="stale", is_trade=False),
]


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def held(connection: sa.Connection) -> tuple[object, ...]:
    return tuple(
        tuple(connection.execute(sa.select(table).order_by(*table.primary_key)).fetchall())
        for table in METADATA.sorted_tables
    )


def test_a_signal_stands_where_its_last_transition_left_it(connection: sa.Connection) -> None:
    signal_rows.put(connection, "bybit", RECORDS)

    stages = {kept.signal.id: kept.stage for kept in signal_rows.signals(connection, "bybit")}
    assert list(stages) == [
        signal(3, rule="feed_quality", name="stale").id,
        signal(2).id,
        signal(1, symbol="ETHUSDT").id,
        signal(0).id,
    ]
    assert list(stages.values()) == [Stage.ACTIVE, Stage.PENDING, Stage.TARGET, Stage.TARGET]
    assert [one.id for one in signal_rows.transitions(connection, "bybit", signal(0).id)] == [signal(0).id] * 3
    assert signal_rows.outcomes_of(connection, "bybit", signal(0).id) == [outcome(signal(0))]


def test_signals_are_found_by_rule_market_time_and_state(connection: sa.Connection) -> None:
    signal_rows.put(connection, "bybit", RECORDS)

    def found(**wanted: object) -> list[int]:
        kept = signal_rows.signals(connection, "bybit", **wanted)  # type: ignore[arg-type]
        return [(one.signal.at - AT) // MINUTE for one in kept]

    assert found(symbol="ETHUSDT") == [1]
    assert found(rule="feed_quality") == [3]
    assert found(since=AT + MINUTE) == [3, 2, 1]
    assert found(only_open=True) == [3, 2]
    assert found(most=2) == [3, 2]
    assert found(rule="nothing") == []
    assert list(signal_rows.signals(connection, "binance")) == []
    assert signal_rows.find(connection, "bybit", "nobody") is None


@given(st.lists(st.integers(0, len(RECORDS)), min_size=1, max_size=4), st.booleans())
def test_however_often_the_log_is_read_the_rows_are_the_same(cuts: list[int], again: bool) -> None:
    engines = [sa.create_engine("sqlite://") for _ in range(2)]
    for engine in engines:
        METADATA.create_all(engine)
    with engines[0].begin() as once, engines[1].begin() as often:
        signal_rows.put(once, "bybit", RECORDS)
        start = 0
        for cut in [*sorted(cuts), len(RECORDS)]:
            signal_rows.put(often, "bybit", RECORDS[start:cut])
            start = cut
        if again:
            signal_rows.put(often, "bybit", RECORDS)
        assert held(once) == held(often)
    for engine in engines:
        engine.dispose()


def test_a_later_outcome_replaces_the_earlier_one(connection: sa.Connection) -> None:
    one = signal(0)
    signal_rows.put(connection, "bybit", [outcome(one, is_final=False), outcome(one, -1.0, is_null=True)])
    signal_rows.put(connection, "bybit", [outcome(one, 1.5)])

    assert signal_rows.outcomes_of(connection, "bybit", one.id) == [outcome(one, 1.5), outcome(one, -1.0, is_null=True)]
    assert len(list(signal_rows.outcomes(connection, "bybit", rule="confluence", since=AT))) == 2
    assert list(signal_rows.outcomes(connection, "bybit", symbol="ETHUSDT")) == []


def test_what_is_old_and_over_is_forgotten_with_all_that_belongs_to_it(connection: sa.Connection) -> None:
    signal_rows.put(connection, "bybit", RECORDS)

    assert signal_rows.forget(connection, AT + 4 * MINUTE) == 2
    assert [kept.stage.is_open for kept in signal_rows.signals(connection, "bybit")] == [True, True]
    assert signal_rows.transitions(connection, "bybit", signal(0).id) == []
    assert list(signal_rows.outcomes(connection, "bybit")) == []


def test_the_log_is_loaded_once(tmp_path: Path) -> None:
    log = SignalLog(tmp_path / "signals", MIB, Ledger())
    log.offer(RECORDS)
    with Database.open(None, tmp_path) as database:
        assert database.load_signals(tmp_path / "signals", "bybit") == len(RECORDS)
        assert database.load_signals(tmp_path / "signals", "bybit") == 0
        log.offer([moved(signal(2), 1, Stage.INVALIDATED, Stage.PENDING, Reason.PASSED)])
        assert database.load_signals(tmp_path / "signals", "bybit") == 1
        with database.engine.connect() as connection:
            kept = signal_rows.find(connection, "bybit", signal(2).id)
        assert kept is not None
        assert (kept.stage, kept.moved_at) == (Stage.INVALIDATED, signal(2).at + MINUTE)
        assert database.forget_signals(AT + MINUTE) == 1


def test_every_kind_of_record_is_told_apart(connection: sa.Connection) -> None:
    kinds: set[type[Record]] = {type(one) for one in RECORDS}
    assert kinds == {Signal, Transition, Outcome}
