"""What holds for every factor and modifier that the registry finds."""

import doctest
import math
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.candles_of_prices import Candles, accumulation, by_rules, columns_of, compact, mirrored, walk

from tidemark.analysis.candle_readings import CANDLE, CandleReadings
from tidemark.analysis.columns import Column, Columns
from tidemark.analysis.factors import registry
from tidemark.analysis.factors.base import Array, Pace
from tidemark.analysis.indicators.bank import Bank
from tidemark.analysis.sources import registry as sources
from tidemark.analysis.wyckoff.live import GIVES, MarketStructure
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe

COUNT = 400
WALKS = [walk(COUNT, seed) for seed in range(3)]
# Differences of prices are exact on this grid. On one of hundredths they are not, and of two movements that are equal
# the rule of ADX, which is that of TA-Lib, takes one or the other by their last bit.
EXACT = 1.0 / 128.0
# Structure is read of logarithms: so high up, two prices as far from the level are as far from it in them as well.
HIGH = 2.0**12
FOUND = {one.name: one for one in registry.found()}
CANDLE_COLUMNS = {*CANDLE, *Bank.given(), *GIVES}
GIVEN = [column for name in sources.names() for column in sources.given(name)]
MIRRORS = {column: how for name in sources.names() for column, how in sources.mirror(name).items()}

each = pytest.mark.parametrize("name", list(FOUND))
each_of_candles = pytest.mark.parametrize("name", [one for one in FOUND if FOUND[one].module.PACE is Pace.CANDLE])
each_of_moments = pytest.mark.parametrize("name", [one for one in FOUND if FOUND[one].module.PACE is Pace.MOMENT])


def figure(name: str, columns: Columns) -> Column:
    """What a factor or modifier says of these columns."""
    module = FOUND[name].module
    taken, known = columns.take(module.READS)
    measure = registry.modifiers()[name].strength if hasattr(module, "MODIFIES") else registry.factors()[name].value
    with np.errstate(all="ignore"):
        return Column.of(measure(*taken), known)


def of_candles(candles: Candles, tick: float = 0.01) -> Columns:
    """The columns of one series over time."""
    columns = columns_of(candles, tick=tick)
    bank = Bank("test", series=1, ledger=Ledger())
    structure = MarketStructure(Timeframe.M1, by_rules(), series=1, ledger=Ledger())
    rows = np.zeros(len(candles["close"]), np.int32)
    opened = np.arange(len(rows), dtype=np.int64) * Timeframe.M1.ns
    return Columns(len(rows), {**columns, **bank.update(rows, columns), **structure.read(rows, opened, columns)})


def of_moment(rng: np.random.Generator, count: int = 50) -> Columns:
    """Columns of the moment with figures such as they can have: positive where they are sizes or prices."""
    columns = {}
    for column in GIVEN:
        how = MIRRORS[column]
        figures = rng.normal(size=count) if how == "opposite" else rng.uniform(0.5, 2.0, count)
        columns[column] = Column.of(figures)
    return Columns(count, columns)


def test_each_name_is_there_once() -> None:
    assert len(FOUND) == len(registry.found())


def test_each_column_of_the_moment_comes_from_one_source_that_says_how_it_is_mirrored() -> None:
    assert len(GIVEN) == len(set(GIVEN))
    assert not CANDLE_COLUMNS & set(GIVEN)
    assert set(MIRRORS) == set(GIVEN)
    for column, how in MIRRORS.items():
        assert how in {"same", "opposite"} or how.startswith("around ") or MIRRORS[how] == column


@each
def test_it_says_what_it_is_and_its_example_is_true(name: str) -> None:
    module = FOUND[name].module
    text = module.__doc__ or ""
    readable = CANDLE_COLUMNS if module.PACE is Pace.CANDLE else set(GIVEN)
    named = {field for _, field, _, _ in string.Formatter().parse(module.FACT) if field}

    assert "Formula: " in text
    assert "Warm-up: " in text
    assert "Memory: " in text
    assert ">>> " in text
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
    assert set(module.READS) <= readable
    assert named <= set(module.READS)
    assert module.TITLE
    if hasattr(module, "MODIFIES"):
        assert set(module.MODIFIES) <= set(registry.COMPONENTS)
    else:
        assert module.UP
        assert module.DOWN
        assert module.UP != module.DOWN
        assert module.NEUTRAL
        assert isinstance(module.UNIT, str)


@each_of_candles
@pytest.mark.parametrize("seed", range(len(WALKS)))
def test_the_mirrored_market_says_the_opposite(name: str, seed: int) -> None:
    if set(FOUND[name].module.READS) & set(GIVES):
        level, market = HIGH, accumulation(COUNT, seed, EXACT, HIGH)
    else:
        level, market = 100.0, walk(COUNT, seed, EXACT)
    straight, reflected = (figure(name, of_candles(one, EXACT)) for one in (market, mirrored(market, level)))

    assert np.array_equal(straight.is_known, reflected.is_known)
    assert straight.is_known.any()
    sign = 1.0 if hasattr(FOUND[name].module, "MODIFIES") else -1.0
    assert straight.values == pytest.approx(sign * reflected.values, rel=1e-6, abs=1e-9 * _size(straight))
    if sign < 0:
        assert len(np.unique(straight.values)) > 1


@each_of_moments
@given(seed=st.integers(0, 1000))
def test_the_mirrored_moment_says_the_opposite(name: str, seed: int) -> None:
    columns = of_moment(np.random.default_rng(seed))
    straight, reflected = figure(name, columns), figure(name, Columns(columns.rows, _reflected(columns)))

    assert np.array_equal(straight.is_known, reflected.is_known)
    sign = 1.0 if hasattr(FOUND[name].module, "MODIFIES") else -1.0
    assert straight.values == pytest.approx(sign * reflected.values, rel=1e-9, abs=1e-12 * _size(straight))


@each
def test_without_any_one_of_its_columns_it_is_missing(name: str) -> None:
    is_of_candles = FOUND[name].module.PACE is Pace.CANDLE
    columns = of_candles(WALKS[0]) if is_of_candles else of_moment(np.random.default_rng(1))
    assert figure(name, columns).is_known.any()
    for column in FOUND[name].module.READS:
        rest = Columns(columns.rows, {one: columns[one] for one in columns if one != column})
        assert not figure(name, rest).is_known.any()
        assert not figure(name, rest).values.any()


@each
@pytest.mark.parametrize("figures", [0.0, 1e-300, 1e300])
def test_no_figure_makes_one_that_is_none(name: str, figures: float) -> None:
    names = CANDLE_COLUMNS | set(GIVEN)
    made = figure(name, Columns(3, {column: Column.of(np.full(3, figures)) for column in names}))

    assert made.values.shape == (3,)
    assert made.values.dtype == np.float64
    assert np.isfinite(made.values).all()


def test_rows_over_series_say_what_rows_over_time_say() -> None:
    live = CandleReadings(Timeframe.M1, series=3, ledger=Ledger())
    slots = np.arange(3, dtype=np.int32)
    columns = [compact(one) for one in WALKS]
    for at in range(COUNT):
        live.take(
            slots,
            np.full(3, at * Timeframe.M1.ns),
            np.full(3, 0.01),
            {name: np.array([one[name][at] for one in columns]) for name in columns[0]},
        )
    back = CandleReadings(Timeframe.M1, series=3, ledger=Ledger())
    for slot, rows in enumerate(columns):
        back.take(
            np.full(COUNT, slot, np.int32), np.arange(COUNT, dtype=np.int64) * Timeframe.M1.ns, np.full(COUNT, 0.01),
            rows,
        )  # fmt: skip

    for name, column in live.panel.kept().items():
        assert np.array_equal(column, back.panel.kept()[name]), name


@given(cut=st.integers(0, COUNT - 1))
def test_what_was_kept_goes_on_and_no_later_candle_changes_an_earlier_reading(cut: int) -> None:
    rows = compact(WALKS[1])
    whole, before, after = (CandleReadings(Timeframe.M1, series=1, ledger=Ledger()) for _ in range(3))
    values = _over_time(whole, rows, 0, COUNT)

    first = _over_time(before, rows, 0, cut)
    for part in ("bank", "panel"):
        for name, column in getattr(before, part).kept().items():
            getattr(after, part).kept()[name][:] = column
    rest = _over_time(after, rows, cut, COUNT)

    assert np.array_equal(values, np.concatenate([first, rest]))


def test_a_timeframe_takes_what_it_reserved() -> None:
    ledger = Ledger()
    CandleReadings(Timeframe.M1, series=4, ledger=ledger)

    planned = {one.owner: one.bytes for one in CandleReadings.reserve(Timeframe.M1, series=4)}
    reserved = {line.owner: line.bytes_reserved for line in ledger.report()}
    assert {owner: reserved[owner] for owner in planned} == planned
    assert not [owner for owner in reserved if owner.startswith("analysis") and owner not in planned]


def _over_time(readings: CandleReadings, rows: Candles, begin: int, end: int) -> Array:
    count = end - begin
    reading = readings.take(
        np.zeros(count, np.int32), np.arange(begin, end, dtype=np.int64) * Timeframe.M1.ns, np.full(count, 0.01),
        {name: column[begin:end] for name, column in rows.items()},
    )  # fmt: skip
    return np.concatenate([reading.values, reading.judged.direction, reading.judged.quality, reading.strength], axis=1)


def _reflected(columns: Columns) -> dict[str, Column]:
    made = {}
    for column, how in MIRRORS.items():
        if how == "same":
            made[column] = columns[column]
        elif how == "opposite":
            made[column] = Column.of(-columns[column].values)
        elif how.startswith("around "):
            made[column] = Column.of(2.0 * columns[how.removeprefix("around ")].values - columns[column].values)
        else:
            made[column] = columns[how]
    return made


def _size(column: Column) -> float:
    return max(1e-12, float(np.abs(column.values).max(initial=0.0))) if math.isfinite(column.values.sum()) else 1.0
