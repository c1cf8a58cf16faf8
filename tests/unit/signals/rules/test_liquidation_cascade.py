from typing import Any

import msgspec
import numpy as np
import pytest

from tidemark.signals.rules.liquidation_cascade import Parameters, judge

LIMITS: dict[str, Any] = msgspec.structs.asdict(Parameters())


def said(longs: float, shorts: float, turnover: float = 1e6, held: int = 0) -> tuple[int, bool]:
    verdict = judge(LIMITS, np.array([held], np.int8), np.array([longs]), np.array([shorts]), np.array([turnover]))
    return int(verdict.enter[0]), bool(verdict.stays[0])


@pytest.mark.parametrize(
    ("longs", "shorts", "enter"),
    [(20e3, 0.0, -1), (0.0, 20e3, 1), (19e3, 0.0, 0), (20e3, 9e3, 0), (20e3, 8e3, -1), (20e3, 20e3, 0)],
)
def test_much_of_one_side_speaks_the_way_of_the_forced_orders(longs: float, shorts: float, enter: int) -> None:
    assert said(longs, shorts)[0] == enter


def test_little_in_a_dead_market_is_no_cascade() -> None:
    assert said(5e3, 0.0, turnover=10e3)[0] == 0
    assert said(50e3, 0.0, turnover=0.0)[0] == 0


def test_it_goes_on_to_half_of_that_on_its_side() -> None:
    assert said(12e3, 0.0, held=-1) == (0, True)
    assert said(9e3, 0.0, held=-1) == (0, False)
    assert said(0.0, 12e3, held=-1) == (0, False)
