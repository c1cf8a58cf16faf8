from typing import Any

import msgspec
import pytest
from tests.signalling import AT_ONCE, FREE, PRICED, SILENT, SPEAKS, at_s, closed, inputs, signals, size, universe

from tidemark.memory.ledger import Ledger
from tidemark.model.signal import WHOLE, Kind, Outcome, Reason, Record, Side, Signal, Stage, Transition
from tidemark.model.timeframe import Timeframe
from tidemark.signals import pauses, turnovers
from tidemark.signals.chance import drawn_at
from tidemark.signals.parameters import load
from tidemark.signals.rules import registry
from tidemark.signals.signals import SavedSignals, Signals, SignalsSize
from tidemark.units import MINUTE

ONLY = {f"{name}.enabled": "false" for name in registry.names() if name != "whale_flow"}
LOUD: dict[str, Any] = {**PRICED, **SPEAKS["whale_flow"]}
STILL: dict[str, Any] = {**PRICED, **SILENT["whale_flow"]}
ENTERS = (100.0, 100.5, 99.8, 100.0)


def kinds(records: list[Record]) -> list[str]:
    return [type(record).__name__ for record in records]


def test_a_signal_says_everything_that_is_needed_to_explain_it() -> None:
    made = signals(given=ONLY)

    (signal,) = made.advance(inputs(at_s(0), **LOUD, score=61.0, regime=3.0, swing_low=98.2))

    assert isinstance(signal, Signal)
    assert signal.id == f"BTCUSDT-whale_flow-long-{at_s(0) // 1_000_000_000}"
    assert (signal.kind, signal.side, signal.price, signal.score) == (Kind.TRADE, Side.LONG, 100.0, 61.0)
    assert signal.regime == "trend_up"
    assert [read.name for read in signal.reads] == [
        "large_bought", "large_sold", "usual_turnover", "price", "atr", "swing_low"
    ]  # fmt: skip
    assert signal.sentence == (
        "large trades bought 900,000 and sold 100,000 in 5 minutes, where a minute usually trades 100,000"
    )
    assert signal.plan is not None
    assert signal.plan.is_structural
    assert signal.plan.stop == pytest.approx(98.1)


def test_from_signal_to_target() -> None:
    made = signals(given=ONLY)
    made.advance(inputs(at_s(0), **LOUD))

    entered = [
        *made.close(closed(at_s(0), {0: ENTERS})),
        *made.close(closed(at_s(60), {0: (100.0, 103.0, 99.9, 102.0)})),
    ]

    moved = [(one.was, one.now, one.reason) for one in entered if isinstance(one, Transition)]
    assert moved == [
        (Stage.PENDING, Stage.ACTIVE, Reason.ENTERED),
        (Stage.ACTIVE, Stage.TARGET, Reason.LAST_TARGET),
    ]
    (outcome,) = [one for one in entered if isinstance(one, Outcome)]
    assert outcome.hits == 2
    assert outcome.net_r == pytest.approx(2.0)


def test_a_condition_that_ceases_leaves_its_trade_alone_and_is_told() -> None:
    made = signals(given=ONLY)
    made.advance(inputs(at_s(0), **LOUD))
    made.close(closed(at_s(0), {0: ENTERS}))

    (moved,) = made.advance(inputs(at_s(61), **STILL))

    assert isinstance(moved, Transition)
    assert (moved.was, moved.now, moved.reason) == (Stage.ACTIVE, Stage.ACTIVE, Reason.CEASED)
    # What the rule reads now, and the last price that was seen: the close of the minute.
    assert {read.name: (read.value, read.age_s) for read in moved.reads} == {
        "large_bought": (0.0, 0.0),
        "large_sold": (0.0, 0.0),
        "usual_turnover": (1e5, 0.0),
        "last": (100.0, 1.0),
    }


def test_a_confluence_that_ceases_before_its_entry_is_invalid() -> None:
    made = signals(given={f"{name}.enabled": "false" for name in registry.names() if name != "confluence"})
    made.advance(inputs(at_s(0), **PRICED, **SPEAKS["confluence"]))

    moved, outcome = made.advance(inputs(at_s(1), **PRICED, **SILENT["confluence"]))

    assert isinstance(moved, Transition)
    assert (moved.now, moved.reason) == (Stage.INVALIDATED, Reason.CEASED)
    assert isinstance(outcome, Outcome)
    assert outcome.net_r is None


def test_the_whole_has_a_name_of_its_own() -> None:
    given = {f"{name}.enabled": "false" for name in registry.names() if name != "feed_quality"}
    columns: dict[str, Any] = {name: [0.0, 0.0] for name in SPEAKS["feed_quality"]}
    made = signals(given=given)

    (signal,) = made.advance(inputs(at_s(0), **{**columns, "is_whole": [0.0, 1.0], "pressure": [0.0, 3.0]}))
    (over,) = made.advance(inputs(at_s(1), **{**columns, "is_whole": [0.0, 1.0]}))

    assert isinstance(signal, Signal)
    assert (signal.symbol, signal.name, signal.price) == (WHOLE, "memory_pressure", None)
    assert isinstance(over, Transition)
    assert {read.name: read.value for read in over.reads}["pressure"] == 0.0


def test_what_is_on_in_the_whole_is_not_told_again_after_a_restart() -> None:
    given = {f"{name}.enabled": "false" for name in registry.names() if name != "feed_quality"}
    columns: dict[str, Any] = {name: [0.0, 0.0] for name in SPEAKS["feed_quality"]}
    loud: dict[str, Any] = {**columns, "is_whole": [0.0, 1.0], "pressure": [0.0, 3.0]}
    made, again = signals(given=given), signals(given=given)
    made.advance(inputs(at_s(0), **loud))

    assert again.resume(made.saved()) == 0

    assert again.advance(inputs(at_s(1), **loud)) == []
    assert kinds(again.advance(inputs(at_s(2), **columns))) == ["Transition"]


def test_a_plan_whose_prices_would_not_be_positive_is_no_signal_and_has_no_end() -> None:
    made = signals(given=ONLY)

    assert made.advance(inputs(at_s(0), **{**LOUD, "price": 1.2})) == []
    assert made.advance(inputs(at_s(1), **{**STILL, "price": 1.2})) == []


def test_the_random_entry_is_drawn_from_what_the_market_is_then() -> None:
    made = signals(given=ONLY)
    (signal,) = made.advance(inputs(at_s(0), **LOUD))
    assert isinstance(signal, Signal)
    due = drawn_at(signal.id, signal.at)

    made.advance(inputs(due, **{**STILL, "price": 200.0, "atr": 2.0}))
    first = -(-due // MINUTE) * MINUTE
    records = [
        *made.close(closed(first, {0: (200.0, 200.0, 199.5, 200.0)})),
        *made.close(closed(first + MINUTE, {0: (200.0, 200.0, 196.0, 196.5)})),
    ]

    mine = [one for one in records if isinstance(one, Outcome) and one.is_null]
    assert [one.of for one in mine] == [signal.id]
    assert mine[0].net_r == pytest.approx(-1.0)


def test_candles_reach_what_measures_them() -> None:
    made = signals(given=ONLY)
    for timeframe, owner in ((Timeframe.S10, pauses.OWNER), (Timeframe.M1, turnovers.OWNER)):
        made.close(closed(at_s(0), {0: ENTERS}, timeframe=timeframe))
        part = owner.partition("/")[2]
        assert any(column.any() for name, column in made.kept().items() if name.startswith(f"signals/{part}/"))
    made.close(closed(at_s(0), {0: ENTERS}, timeframe=Timeframe.M5))

    assert set(made.own(at_s(60))) == {*pauses.GIVES, *turnovers.GIVES}


def test_one_that_is_not_followed_any_more_ends_its_condition_all_the_same() -> None:
    made = signals(given={**ONLY, "whale_flow.time_to_live": "7d"}, capacity=2)
    (signal,) = made.advance(inputs(at_s(0), **LOUD))
    assert isinstance(signal, Signal)
    made.following.leave(0, at_s(1))

    (moved,) = made.advance(inputs(at_s(2), **STILL))

    assert isinstance(moved, Transition)
    assert (moved.id, moved.was, moved.now, moved.reason) == (signal.id, Stage.ENDED, Stage.ENDED, Reason.CEASED)


def test_what_is_kept_has_one_entry_a_series_and_what_is_saved_is_text() -> None:
    made = signals(["AUSDT", "BUSDT"], given=ONLY)
    both: dict[str, Any] = {name: [value, value] for name, value in LOUD.items()}
    made.advance(inputs(at_s(0), 2, **both))

    assert {len(column) for column in made.kept().values()} == {2}
    saved = made.saved()
    assert msgspec.json.decode(msgspec.json.encode(saved), type=SavedSignals) == saved


def test_it_takes_what_it_reserved() -> None:
    ledger = Ledger()
    wanted = size(3, others=["BTCUSDT whale_flow.share=0.7"])
    Signals(wanted, universe(["A", "B", "C"]), ledger=ledger)

    reserved = {line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"}
    assert {one.owner: one.bytes for one in Signals.reserve(wanted)} == reserved
    assert ledger.violations() == []


def test_the_same_inputs_give_the_same_records() -> None:
    def run() -> bytes:
        made = Signals(
            SignalsSize(series=1, parameters=load(AT_ONCE), costs=FREE, capacity=8), universe(), ledger=Ledger()
        )
        made.join(0, "BTCUSDT")
        records = [*made.advance(inputs(at_s(0), **LOUD)), *made.close(closed(at_s(0), {0: ENTERS}))]
        return msgspec.json.encode(records)

    assert run() == run()
