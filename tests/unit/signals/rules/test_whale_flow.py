from typing import Any

import msgspec
import numpy as np
import pytest

from tidemark.signals.rules.whale_flow import Parameters, judge

LIMITS: dict[str, Any] = msgspec.structs.asdict(Parameters())


def said(bought: float, sold: float, usual: float = 40e3, held: int = 0) -> tuple[int, bool]:
    verdict = judge(LIMITS, np.array([held], np.int8), np.array([bought]), np.array([sold]), np.array([usual]))
    return int(verdict.enter[0]), bool(verdict.stays[0])


@pytest.mark.parametrize(
    ("bought", "sold", "usual", "enter"),
    [
        (100e3, 0.0, 40e3, 1),
        (0.0, 100e3, 40e3, -1),
        (99e3, 0.0, 40e3, 0),
        (200e3, 60e3, 40e3, 0),
        (49e3, 0.0, 10e3, 0),
        (100e3, 0.0, 0.0, 0),
    ],
)
def test_large_trades_count_by_the_turnover_of_their_market(
    bought: float, sold: float, usual: float, enter: int
) -> None:
    assert said(bought, sold, usual)[0] == enter


def test_it_goes_on_to_a_fifth_on_its_side() -> None:
    assert said(40e3, 0.0, held=1) == (0, True)
    assert said(39e3, 0.0, held=1) == (0, False)
