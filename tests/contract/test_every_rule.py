"""What holds for every rule that the registry finds."""

import doctest
import string
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.signalling import PRICED, SILENT, SPEAKS, at_s, closed, inputs, signals

from tidemark.analysis.regime import Regime
from tidemark.errors import SettingsError
from tidemark.model.signal import OFF, Kind, Reason, Record, Side, Signal, Stage, Transition
from tidemark.signals import parameters, pauses, turnovers
from tidemark.signals.inputs import MIRROR
from tidemark.signals.replaying import says_again
from tidemark.signals.rules import registry
from tidemark.signals.rules.base import Array, Parameters, TradeParameters
from tidemark.signals.signals import Signals

RULES = registry.rules()
each = pytest.mark.parametrize("name", list(RULES))
each_trade = pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.KIND is Kind.TRADE])
# Those whose first condition is no news are led through another one before.
BEFORE = [name for name, rule in RULES.items() if getattr(rule, "IS_SILENT_AT_FIRST", False)]
# The quiet pause is one of falling coins as well where it is asked for: then it has a mirror.
MIRRORED = {"quiet_pause.short": "true"}


def alone(name: str) -> dict[str, str]:
    """Settings in which no other rule speaks."""
    return {f"{other}.enabled": "false" for other in RULES if other != name} | {f"{name}.cooldown": "10s"}


def told(records: list[Record], kind: type = Signal) -> list[Any]:
    return [record for record in records if isinstance(record, kind)]


def silent(made: Signals, name: str, at: int, **columns: Any) -> list[Record]:
    return made.advance(inputs(at, **{**PRICED, **SILENT[name], **columns}))


def speaks(made: Signals, name: str, at: int, **columns: Any) -> list[Record]:
    return made.advance(inputs(at, **{**PRICED, **SPEAKS[name], **columns}))


def mirrored_column(name: str, columns: dict[str, Array]) -> Array:
    how = MIRROR[name]
    if how == "same":
        return columns[name]
    if how == "opposite":
        return -columns[name]
    if how == "around 50":
        return 100.0 - columns[name]
    if how == "regime":
        turned = {Regime.TREND_UP: Regime.TREND_DOWN, Regime.TREND_DOWN: Regime.TREND_UP}
        return np.array([float(turned.get(Regime(int(one)), Regime(int(one)))) for one in columns[name]])
    return columns[how]


def test_those_of_the_plan_are_there() -> None:
    assert set(RULES) >= {
        "confluence", "feed_quality", "funding_extreme", "liquidation_cascade", "open_interest_surge", "quiet_pause",
        "regime_change", "volume_anomaly", "whale_flow", "spring_long", "lps_long", "utad_short", "lpsy_short",
    }  # fmt: skip


@each
def test_it_says_what_it_is_and_its_example_is_true(name: str) -> None:
    rule = RULES[name]
    named = {field for _, field, _, _ in string.Formatter().parse(rule.FACT) if field}

    assert all(word in (rule.__doc__ or "") for word in ("Formula: ", "Warm-up: ", "Memory: ", ">>> "))
    assert doctest.testmod(rule).failed == 0  # type: ignore[arg-type]
    assert rule.TITLE
    assert named <= set(rule.READS) <= set(MIRROR)
    assert set(rule.EXAMPLE) == set(rule.READS)
    assert set(rule.SILENCED) <= set(rule.READS)
    assert 0 not in rule.CODES
    assert len({code.name for code in rule.CODES.values()}) == len(rule.CODES)
    assert issubclass(rule.Parameters, TradeParameters) is (rule.KIND is Kind.TRADE)


@each
def test_each_parameter_has_bounds_a_meaning_and_a_default_within_them(name: str) -> None:
    rows = {row.key: row for row in parameters.schema() if row.key.startswith(f"{name}.")}

    assert set(rows) == {f"{name}.{field}" for field in RULES[name].Parameters.__struct_fields__}
    for key, row in rows.items():
        assert row.help, key
        assert row.type == "true or false" or ("at least" in row.type and "at most" in row.type), key
        assert parameters.load({key: row.default})


@each
def test_a_parameter_out_of_its_bounds_stops_with_its_name(name: str) -> None:
    for row in parameters.schema():
        if row.key.startswith(f"{name}.") and row.type != "true or false":
            wrong = "-1s" if "duration" in row.type else "-1e15"
            with pytest.raises(SettingsError, match=row.key.replace(".", r"\.")):
                parameters.load({row.key: wrong})


@each
def test_it_speaks_once_while_it_lasts_and_says_when_it_is_over(name: str) -> None:
    made = signals(given=alone(name))
    assert told(silent(made, name, at_s(0))) == []

    first = told(speaks(made, name, at_s(1)))
    during = [record for second in range(2, 9) for record in speaks(made, name, at_s(second))]
    after = told(silent(made, name, at_s(9)), Transition)

    assert [one.rule for one in first] == [name]
    assert during == []
    if name in BEFORE:
        # It is another one now, and that is what was said.
        after = [*after, *told(silent(made, name, at_s(99)), Transition)]
    assert [(one.id, one.at >= at_s(9), one.reason in OFF) for one in after] == [(first[0].id, True, True)]


@each
def test_it_states_all_that_it_read_with_its_age_and_its_limits_and_says_the_same_again(name: str) -> None:
    made = signals(given=alone(name))
    silent(made, name, at_s(0))
    ages: Any = {column: np.array([7_000_000_000, 0]) for column in RULES[name].READS}

    (signal,) = told(made.advance(inputs(at_s(1), ages=ages, **PRICED, **SPEAKS[name])))

    read = {one.name: one for one in signal.reads}
    assert {column: read[column].value for column in RULES[name].READS} == SPEAKS[name]
    assert {read[column].age_s for column in RULES[name].READS} == {7.0}
    assert set(signal.limits) == set(RULES[name].Parameters.__struct_fields__)
    assert signal.sentence
    assert says_again(signal)
    assert says_again(msgspec.json.decode(msgspec.json.encode(signal), type=Signal))


@each
@pytest.mark.parametrize("figure", [None, np.nan, np.inf, -np.inf])
def test_without_any_one_of_its_columns_it_says_nothing_and_raises_nothing(name: str, figure: float | None) -> None:
    trade = list(PRICED) if RULES[name].KIND is Kind.TRADE else []
    for missing in [*RULES[name].READS, *trade]:
        made = signals(given=alone(name))
        silent(made, name, at_s(0))
        columns = {**PRICED, **SPEAKS[name], missing: figure}
        given: dict[str, Any] = {column: value for column, value in columns.items() if value is not None}

        assert told(made.advance(inputs(at_s(1), **given))) == [], missing


@each
@pytest.mark.parametrize("figure", [0.0, -1.0, 1e-300, 1e300, -1e300])
def test_no_figure_makes_it_raise(name: str, figure: float) -> None:
    rule = RULES[name]
    limits = {key: float(value) for key, value in msgspec.structs.asdict(rule.Parameters()).items()}
    columns = [np.full(3, figure) for _ in rule.READS]

    for held in (0, *rule.CODES):
        with np.errstate(all="ignore"):
            verdict = rule.judge(limits, np.full(3, held, np.int8), *columns)
        assert verdict.enter.shape == verdict.stays.shape == (3,)
        assert verdict.stays.dtype == bool
        assert set(verdict.enter.tolist()) <= {0, *rule.CODES}


@each
def test_what_it_reads_being_lost_ends_it(name: str) -> None:
    made = signals(given=alone(name))
    silent(made, name, at_s(0))
    (signal,) = told(speaks(made, name, at_s(1)))

    records = told(made.advance(inputs(at_s(2), **PRICED)), Transition)

    keeps = getattr(RULES[name], "KEEPS", False)
    assert [(one.id, one.reason) for one in records] == ([] if keeps else [(signal.id, Reason.LOST)])


@each
@given(data=st.data())
def test_the_mirrored_market_says_the_opposite(name: str, data: st.DataObject) -> None:
    rule = RULES[name]
    assert isinstance(rule.Parameters(), Parameters)
    seed = data.draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    count = 40
    columns = {}
    for column in SPEAKS[name] | {other: 0.0 for other in map(MIRROR.__getitem__, rule.READS) if other in MIRROR}:
        middle = SPEAKS[name].get(column, 1.0)
        columns[column] = middle * rng.choice(
            [-1.0, 0.5, 0.9, 1.0, 1.1, 2.0] if MIRROR[column] == "opposite" else [0.5, 0.9, 1.0, 1.1, 2.0], count
        )
    for column in ("regime",):
        if column in columns:
            columns[column] = rng.integers(1, 6, count).astype(np.float64)
    if "score" in columns:
        columns["score"] = rng.choice([20.0, 33.0, 35.0, 41.0, 42.0, 50.0, 58.0, 59.0, 65.0, 80.0], count)
    other = getattr(rule, "MIRRORED", name)
    given = parameters.load(MIRRORED)
    limits, turned_limits = (
        {key: float(value) for key, value in msgspec.structs.asdict(given[one]).items()} for one in (name, other)
    )
    codes = list(rule.CODES)
    opposite = {code: _opposite(name, code) for code in codes}
    held = np.array(rng.choice([0, *codes], count), np.int8)

    straight = rule.judge(limits, held, *[columns[column] for column in rule.READS])
    turned = RULES[other].judge(
        turned_limits, np.array([opposite.get(int(code), 0) for code in held], np.int8),
        *[mirrored_column(column, columns) for column in RULES[other].READS],
    )  # fmt: skip

    assert turned_limits == limits
    assert turned.enter.tolist() == [opposite.get(int(code), 0) for code in straight.enter]
    assert turned.stays[held != 0].tolist() == straight.stays[held != 0].tolist()


def _opposite(name: str, code: int) -> int:
    side = RULES[name].CODES[code].side
    if side is Side.NEUTRAL:
        return code
    mirrored = RULES[getattr(RULES[name], "MIRRORED", name)]
    return next(other for other, one in mirrored.CODES.items() if one.side == -side)


@each
def test_it_waits_for_its_warm_up_of_known_seconds(name: str) -> None:
    made = signals(given={**alone(name), f"{name}.warm_up": "30s"})
    seconds = 60
    signalled = [
        second
        for second in range(seconds)
        if told(silent(made, name, at_s(second)) if second < 5 and name in BEFORE else _some(made, name, second))
    ]
    if name in BEFORE:
        # The first one after the warm-up is no news, another one is.
        assert signalled == []
        assert told(silent(made, name, at_s(seconds)))
    else:
        assert signalled == [34]


def _some(made: Signals, name: str, second: int) -> list[Record]:
    """For five seconds nothing is known, which does not count."""
    return made.advance(inputs(at_s(second), **PRICED)) if second < 5 else speaks(made, name, at_s(second))


@each
def test_it_says_the_same_of_a_market_only_after_its_cooldown(name: str) -> None:
    made = signals(given={**alone(name), f"{name}.cooldown": "60s"})
    silent(made, name, at_s(-1000))
    signalled = []
    for second in range(130):
        records = (speaks if second % 2 == 0 else silent)(made, name, at_s(second))
        signalled += [second for one in told(records) if one.name == _said(name)]

    assert signalled[0] == 0
    assert [later - earlier >= 60 for earlier, later in pairwise(signalled)] == [True, True]


def _said(name: str) -> str:
    made = signals(given=alone(name))
    silent(made, name, at_s(0))
    return str(told(speaks(made, name, at_s(1)))[0].name)


@each
def test_what_it_said_does_not_change_when_more_comes_later(name: str) -> None:
    def run(until: int) -> list[Record]:
        rng, made = np.random.default_rng(3), signals(given=alone(name))
        records: list[Record] = []
        for second in range(until):
            is_loud = rng.uniform() < 0.4
            records += (speaks if is_loud else silent)(made, name, at_s(5 * second))
            if second % 12 == 11:
                price = 100.0 + rng.normal()
                candle = (price, price + 1.0, price - 1.0, price)
                records += made.close(closed(at_s(5 * second + 5 - 60), {0: candle}))
        return records

    whole, part = run(240), run(120)

    assert told(whole)
    assert whole[: len(part)] == part


@each
def test_it_goes_on_where_it_was_saved_at_every_second(name: str) -> None:
    def second_of(made: Signals, second: int) -> list[Record]:
        return (speaks if second % 7 < 3 else silent)(made, name, at_s(5 * second))

    made = signals(given=alone(name))
    whole = [second_of(made, second) for second in range(40)]
    for cut in range(0, 40, 3):
        before, after = signals(given=alone(name)), signals(given=alone(name), joins=False)
        first = [second_of(before, second) for second in range(cut)]
        for key, column in before.kept().items():
            after.kept()[key][:] = column
        text = msgspec.json.encode(before.saved())
        assert after.resume(msgspec.json.decode(text, type=type(before.saved()))) == 0
        after.join(0, "BTCUSDT")
        rest = [second_of(after, second) for second in range(cut, 40)]

        assert [*first, *rest] == whole, cut


@each
def test_when_its_market_leaves_it_says_so_and_begins_anew(name: str) -> None:
    made = signals(given={**alone(name), f"{name}.cooldown": "1h"})
    silent(made, name, at_s(0))
    (signal,) = told(speaks(made, name, at_s(1)))

    left = made.leave(0, "BTCUSDT", at_s(2))
    made.join(0, "BTCUSDT")
    silent(made, name, at_s(3))

    assert [one.reason for one in told(left, Transition) if one.id == signal.id and one.reason in OFF] == [Reason.LEFT]
    assert len(told(speaks(made, name, at_s(4)))) == 1


@each_trade
def test_its_trade_has_a_plan_on_its_side_in_whole_ticks(name: str) -> None:
    made = signals(given=alone(name))

    (signal,) = told(speaks(made, name, at_s(0), swing_low=98.2, swing_high=101.8))

    plan, way = signal.plan, int(signal.side)
    assert signal.side is (Side.LONG if 1 in RULES[name].CODES else Side.SHORT)
    assert plan is not None
    stop, entry, first, last = (way * price for price in (plan.stop, plan.entry, *plan.targets))
    assert stop < entry <= way * 100.0 < first <= last
    for price in (plan.entry, plan.stop, *plan.targets):
        assert price / plan.tick_size == pytest.approx(round(price / plan.tick_size), abs=1e-6)
    assert plan.wait_until == at_s(0) + 900_000_000_000


@each_trade
def test_a_market_whose_costs_eat_the_risk_has_no_trade(name: str) -> None:
    made = signals(given=alone(name), costs=parameters_of_costs())

    assert told(speaks(made, name, at_s(0), atr=0.01)) == []
    assert told(speaks(made, name, at_s(1), atr=1.0))


def parameters_of_costs() -> Any:
    from tidemark.signals.plan import Costs

    return Costs(fee_bps=5.5, slippage_bps=1.0)


@each
def test_one_market_of_many_speaks_for_itself_alone(name: str) -> None:
    symbols = ["AUSDT", "BUSDT", "CUSDT"]
    made = signals(symbols, given=alone(name))
    still, loud = ({**PRICED, **columns[name]} for columns in (SILENT, SPEAKS))
    before: dict[str, Any] = {column: [value] * 3 for column, value in still.items()}
    after: dict[str, Any] = {column: [still[column], loud[column], still[column]] for column in still}
    made.advance(inputs(at_s(0), 3, **before))

    records = made.advance(inputs(at_s(1), 3, **after))

    assert [one.symbol for one in told(records)] == ["BUSDT"]


@each
def test_an_override_is_of_one_market(name: str) -> None:
    made = signals(["AUSDT", "BUSDT"], given=alone(name), others=[f"BUSDT {name}.enabled=false"])
    for at, columns in ((0, SILENT), (1, SPEAKS)):
        given_columns: dict[str, Any] = {column: [value] * 2 for column, value in {**PRICED, **columns[name]}.items()}
        records = made.advance(inputs(at_s(at), 2, **given_columns))

    assert [one.symbol for one in told(records)] == ["AUSDT"]


def test_the_columns_that_signals_measure_themselves_are_named_in_the_mirror() -> None:
    assert set(pauses.GIVES) | set(turnovers.GIVES) <= set(MIRROR)


def test_a_notice_has_no_plan_and_is_over_when_its_condition_is() -> None:
    made = signals(given=alone("feed_quality"))
    silent(made, "feed_quality", at_s(0))
    (signal,) = told(speaks(made, "feed_quality", at_s(1)))
    (over,) = told(silent(made, "feed_quality", at_s(2)), Transition)

    assert signal.plan is None
    assert (over.was, over.now, over.reason) == (Stage.ACTIVE, Stage.ENDED, Reason.CEASED)
