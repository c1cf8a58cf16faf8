import numpy as np
import pytest
from tests.build import engine
from tests.candles_of_prices import Candles, accumulation, by_rules, columns_of, mirrored

from tidemark.analysis.analysis import Analysis, Weights
from tidemark.analysis.columns import Column
from tidemark.analysis.wyckoff import view
from tidemark.analysis.wyckoff.live import StructureSize
from tidemark.engine.step import Engine
from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Read, Side
from tidemark.model.timeframe import Timeframe
from tidemark.signals import structure_trades, structures
from tidemark.signals.inputs import look
from tidemark.units import SECOND

COUNT, SERIES, HOUR, TICK, LEVEL = 400, 4, Timeframe.H1, 1 / 128, 2.0**12
MARKET = accumulation(COUNT, seed=3, tick=TICK, level=LEVEL)
# The candles at whose close the spring and the last point of support are known.
SPRING, LAST = 334, 361
SLOT = 2


def made(*timeframes: Timeframe, signals: Timeframe | None = HOUR) -> Analysis:
    size = StructureSize(profile=by_rules(), timeframes=timeframes, signals=signals)
    kept = engine(series=SERIES, weights=Weights(), timeframes=(Timeframe.M1, HOUR, Timeframe.H4)).analysis
    assert kept is not None
    return Analysis(kept.markets, series=SERIES, weights=Weights(), ledger=Ledger(), structure=size)


def feed(analysis: Analysis, candles: Candles, count: int, timeframe: Timeframe = HOUR, slot: int = SLOT) -> None:
    columns = columns_of({name: column[:count] for name, column in candles.items()}, timeframe, TICK)
    closed = np.arange(1, count + 1, dtype=np.int64) * timeframe.ns
    analysis.candles[timeframe].read(np.full(count, slot, np.int32), columns, closed)
    analysis.exchange_ns = int(closed[-1]) + 5 * SECOND


def prices(price: float) -> Column:
    return Column.of(np.full(SERIES, price))


def told(analysis: Analysis, price: float, slot: int = SLOT) -> dict[str, float | None]:
    columns = structures.read(analysis, prices(price))
    return {name: float(one.values[slot]) if one.is_known[slot] else None for name, (one, _) in columns.items()}


def test_where_structure_is_not_traded_by_there_is_nothing() -> None:
    assert structures.read(made(HOUR, signals=None), prices(1.0)) == {}
    assert set(structures.read(made(HOUR), prices(1.0))) >= set(structures.MIRROR)


def test_a_spring_is_measured_from_the_price_to_its_low_and_to_the_creek() -> None:
    analysis = made(HOUR)
    feed(analysis, MARKET, SPRING + 1)
    structure = analysis.candles[HOUR].structure
    assert structure is not None
    standing = view.newest(structure.structure.standing(SLOT)[1])
    assert standing is not None
    low, creek = float(MARKET["low"][SPRING - 5 : SPRING + 1].min()), float(np.exp(standing.upper))
    price = low + (creek - low) / 4.0

    figures = told(analysis, price)

    assert figures["spring_bars"] == 0.0
    assert figures["spring_stop"] == pytest.approx(low)
    assert figures["spring_goal"] == pytest.approx(creek)
    assert figures["spring_reward"] == pytest.approx(3.0, rel=1e-3)
    atr = price * structure.structure.atr(SLOT)
    assert figures["spring_risk"] == pytest.approx((price - low) / atr, rel=1e-3)
    assert figures["structure_atr"] == pytest.approx(atr)
    # Nothing was measured by these rules, and the other three have not been.
    assert figures["spring_confidence"] is None
    assert figures["utad_bars"] is figures["lps_bars"] is figures["lpsy_bars"] is None


def test_it_grows_older_with_each_candle_and_is_unknown_when_candles_stay_away() -> None:
    analysis = made(HOUR)
    feed(analysis, MARKET, SPRING + 3)

    assert told(analysis, LEVEL)["spring_bars"] == 2.0
    analysis.exchange_ns += 3 * HOUR.ns
    assert told(analysis, LEVEL)["spring_bars"] is None


def test_below_the_stop_there_is_no_trade_to_measure_and_the_event_is_still_known() -> None:
    analysis = made(HOUR)
    feed(analysis, MARKET, SPRING + 1)

    figures = told(analysis, float(MARKET["low"].min()) - 1.0)

    assert figures["spring_bars"] == 0.0
    assert figures["spring_risk"] is figures["spring_reward"] is figures["spring_stop"] is None
    assert figures["structure_atr"] is not None


@pytest.mark.parametrize(("turn", "other", "at"), [("spring", "utad", SPRING), ("lps", "lpsy", LAST)])
def test_the_mirrored_market_is_as_the_mirror_says(turn: str, other: str, at: int) -> None:
    straight, turned = made(HOUR), made(HOUR)
    feed(straight, MARKET, at + 1)
    feed(turned, mirrored(MARKET, LEVEL), at + 1)
    price = float(MARKET["close"][at])

    one, its = told(straight, price), told(turned, 2.0 * LEVEL - price)

    for figure in structures.FIGURES:
        assert structures.MIRROR[f"{turn}_{figure}"] == f"{other}_{figure}"
        measured = one[f"{turn}_{figure}"]
        assert (measured is None) == (figure == "confidence"), figure
        assert its[f"{other}_{figure}"] == (None if measured is None else pytest.approx(measured, rel=1e-2)), figure
    assert its[f"{turn}_bars"] is None


@pytest.mark.parametrize(("candles", "lean"), [(MARKET, 1.0), (mirrored(MARKET, LEVEL), -1.0)])
def test_the_next_longer_timeframe_leans_the_way_its_range_was_left(candles: Candles, lean: float) -> None:
    analysis = made(HOUR, Timeframe.H4)
    feed(analysis, candles, LAST + 1, Timeframe.H4)
    feed(analysis, candles, COUNT)

    assert told(analysis, LEVEL)["structure_higher"] == lean
    # A market that has not had enough candles there leans nobody knows where.
    assert told(analysis, LEVEL, slot=0)["structure_higher"] is None


def test_the_rules_see_it_beside_everything_else() -> None:
    analysis = made(HOUR)
    feed(analysis, MARKET, SPRING + 1)

    seen = look(analysis, {}, pressure=0)

    # Nobody has told a price yet, so that there is no distance to the stop.
    assert (seen.value("spring_bars", SLOT), seen.value("spring_risk", SLOT)) == (0.0, None)
    assert seen.reads(["spring_bars"], SLOT) == (Read("spring_bars", 0.0, 5.0),)


def test_without_a_longer_timeframe_none_is_against_it() -> None:
    assert told(made(HOUR), LEVEL, slot=0)["structure_higher"] == 0.0


def test_a_spring_that_is_there_passes_all_checks_but_what_was_never_measured() -> None:
    analysis = made(HOUR)
    feed(analysis, MARKET, SPRING + 1)
    figures = {**told(analysis, float(MARKET["close"][SPRING])), "regime": 5.0}
    limits = {name: float(getattr(structure_trades.StructureParameters(), name)) for name in (
        "volume", "built", "quality", "depth", "risk", "reward", "confidence", "against_higher", "in_volatile",
    )}  # fmt: skip

    refused = structure_trades.refusals("spring", Side.LONG, limits, figures)

    assert [(one.figure, one.measured) for one in refused if not one.passed] == [("confidence", None)]


def test_an_engine_that_is_not_asked_for_structure_reads_none() -> None:
    kept: Engine = engine(series=SERIES, weights=Weights())

    assert kept.analysis is not None
    assert structures.read(kept.analysis, prices(1.0)) == {}
