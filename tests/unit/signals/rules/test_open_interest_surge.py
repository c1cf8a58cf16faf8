from typing import Any

import msgspec
import numpy as np
import pytest

from tidemark.signals.rules.open_interest_surge import Parameters, judge

LIMITS: dict[str, Any] = msgspec.structs.asdict(Parameters())


def said(growth: float, move: float, bought: float, sold: float, held: int = 0) -> tuple[int, bool]:
    columns = (np.array([figure]) for figure in (growth, move, bought, sold))
    verdict = judge(LIMITS, np.array([held], np.int8), *columns)
    return int(verdict.enter[0]), bool(verdict.stays[0])


@pytest.mark.parametrize(
    ("growth", "move", "bought", "sold", "enter"),
    [
        (0.015, -0.001, 55.0, 45.0, -1),
        (0.015, 0.001, 45.0, 55.0, 1),
        (0.015, 0.001, 55.0, 45.0, 0),
        (0.0149, -0.001, 55.0, 45.0, 0),
        (0.015, -0.0009, 55.0, 45.0, 0),
        (0.015, -0.001, 54.9, 45.1, 0),
        (0.015, 0.0, 90.0, 10.0, 0),
        (0.015, -0.001, 0.0, 0.0, 0),
    ],
)
def test_a_surge_speaks_where_the_price_goes_against_the_aggressors(
    growth: float, move: float, bought: float, sold: float, enter: int
) -> None:
    assert said(growth, move, bought, sold)[0] == enter


def test_it_goes_on_while_open_interest_grows_and_the_price_does_not_turn() -> None:
    assert said(0.006, -0.002, 1.0, 1.0, held=-1) == (0, True)
    assert said(0.004, -0.002, 1.0, 1.0, held=-1) == (0, False)
    assert said(0.006, 0.002, 1.0, 1.0, held=-1) == (0, False)
