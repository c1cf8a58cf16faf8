import numpy as np
import pytest
from tests.candles_of_prices import accumulation, by_rules, columns_of, compact

from tidemark.analysis.candle_readings import CandleReadings
from tidemark.analysis.factors.base import Array
from tidemark.analysis.factors.structure import wyckoff
from tidemark.analysis.panel import Reading
from tidemark.analysis.wyckoff import profile
from tidemark.analysis.wyckoff.live import MarketStructure
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe

COUNT = 400
# Its spring is known at candle 334, before which nothing happened, the spring's test at 343.
MARKET, SPRING, TEST = accumulation(COUNT, seed=3), 334, 343
OPENED = np.arange(COUNT, dtype=np.int64) * Timeframe.H1.ns
SLOTS = np.zeros(COUNT, np.int32)
# As of which the structure of a market says anything, and how many figures make what is usual.
WARM_UP, LEAST = 100, 30


def pulled() -> Array:
    made = MarketStructure(Timeframe.H1, by_rules(), series=1, ledger=Ledger())
    return wyckoff.value(made.read(SLOTS, OPENED, columns_of(MARKET, Timeframe.H1))["structure_pull"].values)


def taken(*, has_structure: bool) -> tuple[Reading, int]:
    """What all candles say, and which column of it is the factor's."""
    made = CandleReadings(Timeframe.H1, series=1, ledger=Ledger(), profile=by_rules() if has_structure else None)
    reading = made.take(SLOTS, OPENED, np.full(COUNT, 0.01), compact(MARKET))
    return reading, list(made.panel.factors).index("wyckoff")


def test_the_weights_that_it_tells_of_are_those_of_the_profile() -> None:
    told = profile.load().parameters

    assert (told["pull_climax"], told["pull_spring"], told["pull_sign"]) == (0.1, wyckoff.LEAST_USUAL, 0.5)
    assert told["pull_kept"] ** 20 == pytest.approx(0.5, abs=1e-6)


def test_half_of_what_a_spring_speaks_for_is_gone_in_twenty_candles() -> None:
    pull = pulled()

    assert not pull[:SPRING].any()
    assert pull[SPRING] == 0.4
    # Nine candles later its test speaks as well.
    assert pull[TEST] == pytest.approx(0.4 * 2.0 ** (-9 / 20) + 0.4, abs=1e-6)


def test_a_spring_counts_for_four_fifths_however_quiet_the_market_was_before() -> None:
    reading, column = taken(has_structure=True)

    # tanh(0.4 / 0.4 / 0.9), see analysis.scale.
    assert reading.judged.direction[SPRING, column] == pytest.approx(0.8044, abs=1e-4)


@pytest.mark.parametrize(("has_structure", "first"), [(True, WARM_UP - 1 + LEAST), (False, COUNT)])
def test_where_structure_is_not_read_and_before_it_is_known_it_is_missing(has_structure: bool, first: int) -> None:
    reading, column = taken(has_structure=has_structure)

    assert reading.judged.is_known[:, column].tolist() == [at >= first for at in range(COUNT)]
