import numpy as np
import pytest
from tests.candles_of_prices import Candles, accumulation, by_rules, mirrored
from tests.structures import DEEPER, RANGE, START, TREND, UNIT, bars_of, draw, profile
from tests.structures import mirrored as mirrored_prices

from tidemark.analysis.columns import Column
from tidemark.analysis.wyckoff import view
from tidemark.analysis.wyckoff.live import MarketStructure
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe

COUNT, HOUR = 400, Timeframe.H1
# So high up that the mirrored market, whose prices are reflected, is the mirrored one in logarithms as well.
LEVEL = 2.0**12
MARKET = accumulation(COUNT, seed=3, tick=1 / 128, level=LEVEL)
# When they are known: the spring and the last point of support, see tests.candles_of_prices.
SPRING, LAST = 334, 361


def structure(ledger: Ledger | None = None) -> MarketStructure:
    return MarketStructure(HOUR, by_rules(), series=2, ledger=ledger or Ledger(), has_turns=True)


def read(made: MarketStructure, candles: Candles, begin: int, end: int, slot: int = 1) -> None:
    columns = {name: Column.of(column[begin:end]) for name, column in candles.items()}
    made.read(np.full(end - begin, slot, np.int32), np.arange(begin, end, dtype=np.int64) * HOUR.ns, columns)


def figures(made: MarketStructure, turn: str, slot: int = 1) -> dict[str, float]:
    assert made.turns is not None
    newest = made.turns.newest(turn)
    return {name: float(getattr(newest, name)[slot]) for name in newest.__struct_fields__ if name != "direction"}


def test_a_spring_is_there_with_the_candle_at_whose_close_it_is_known_and_no_sooner() -> None:
    made = structure()

    read(made, MARKET, 0, SPRING)
    before = figures(made, "spring")
    read(made, MARKET, SPRING, SPRING + 1)
    told = figures(made, "spring")

    standing = view.newest(made.structure.standing(1)[1])
    assert standing is not None
    assert before["time"] == 0
    assert told["time"] == SPRING * HOUR.ns
    assert np.exp(told["level"]) == pytest.approx(MARKET["low"][SPRING - 5 : SPRING + 1].min(), rel=1e-6)
    assert told["goal"] == standing.upper
    assert told["depth"] == pytest.approx((standing.lower - told["level"]) / (standing.upper - standing.lower))
    assert told["quality"] == pytest.approx(view.quality(standing))
    # Nothing was measured of these rules, and it is not said to be sure.
    assert np.isnan(told["confidence"])


def test_a_last_point_has_a_width_of_the_range_before_it() -> None:
    made = structure()
    read(made, MARKET, 0, LAST + 1)

    standing = view.newest(made.structure.standing(1)[1])
    told = figures(made, "lps")

    assert standing is not None
    assert told["time"] == LAST * HOUR.ns
    assert told["goal"] == pytest.approx(2.0 * standing.upper - standing.lower)
    # It held above the creek: it went less than nothing through it.
    assert told["depth"] == pytest.approx((standing.upper - told["level"]) / (standing.upper - standing.lower))
    assert told["depth"] < 0.0


@pytest.mark.parametrize(("turn", "other", "at"), [("spring", "utad", SPRING), ("lps", "lpsy", LAST)])
def test_the_mirrored_market_has_the_mirrored_one(turn: str, other: str, at: int) -> None:
    straight, turned = structure(), structure()
    read(straight, MARKET, 0, at + 1)
    read(turned, mirrored(MARKET, LEVEL), 0, at + 1)

    one, its = figures(straight, turn), figures(turned, other)

    for name in ("time", "built", "phase", "volume"):
        assert one[name] == its[name], name
    for name in ("depth", "quality"):
        assert one[name] == pytest.approx(its[name], rel=2e-2), name
    for name in ("level", "goal"):
        assert np.exp(one[name]) - LEVEL == pytest.approx(LEVEL - np.exp(its[name]), abs=0.05), name
    assert figures(straight, other)["time"] == figures(turned, turn)["time"] == 0


@pytest.mark.parametrize(("turn", "is_mirrored"), [("spring", False), ("utad", True)])
def test_where_a_spring_goes_deeper_its_extreme_does_and_its_time_stays(turn: str, is_mirrored: bool) -> None:
    drawn = draw(START, (*TREND, *RANGE, *DEEPER))
    bars = bars_of(mirrored_prices(drawn) if is_mirrored else drawn)
    told = []
    for until in (97, 98):
        made = MarketStructure(HOUR, profile(), series=2, ledger=Ledger(), has_turns=True)
        read(made, {name: getattr(bars, name) for name in ("open", "high", "low", "close", "volume")}, 0, until)
        told.append(figures(made, turn))

    before, after = told
    sign = -1.0 if is_mirrored else 1.0
    # From 0.625 below the ice to 1, of a width of 6.25, in hundredths of the price.
    assert sign * (before["level"] - after["level"]) == pytest.approx(0.375 * UNIT, rel=1e-3)
    assert [before["depth"], after["depth"]] == pytest.approx([0.1, 0.16], rel=1e-3)
    assert after["volume"] == pytest.approx(before["volume"] * 0.7 / 0.75, rel=1e-3)
    assert (after["time"], after["goal"]) == (before["time"], before["goal"])


def test_it_is_of_its_own_series_and_gone_with_it() -> None:
    made = structure()
    read(made, MARKET, 0, SPRING + 1)

    assert figures(made, "spring", slot=0)["time"] == 0
    made.clear(1)
    assert figures(made, "spring")["time"] == 0


def test_of_a_range_that_is_over_by_the_end_of_the_batch_none_is_told() -> None:
    step, whole = structure(), structure()
    read(step, MARKET, 0, SPRING + 1)
    # What follows trades through all that there was, again and again, until no range of then is left.
    times = np.arange(600)
    loud = {name: LEVEL + 40.0 * np.sin(times / 5.0) + 20.0 * np.sin(times / 90.0) for name in ("open", "close")}
    after = {**loud, "high": loud["close"] + 1.0, "low": loud["close"] - 1.0, "volume": np.full(600, 50.0)}
    read(whole, {name: np.concatenate([MARKET[name][: SPRING + 1], column]) for name, column in after.items()}, 0, 935)

    assert figures(step, "spring")["time"] > 0
    assert figures(whole, "spring")["time"] != SPRING * HOUR.ns


def test_it_takes_what_it_reserved() -> None:
    ledger = Ledger()
    structure(ledger)

    planned = {one.owner: one.bytes for one in MarketStructure.reserve(HOUR, series=2, has_turns=True)}
    reserved = {line.owner: line.bytes_reserved for line in ledger.report()}
    assert {owner: reserved[owner] for owner in planned} == planned
    assert "analysis/1h/structure/turns" in planned
    assert set(reserved) - set(planned) == {"transient"}
