from typing import Any

import msgspec
import numpy as np
import pytest

from tidemark.signals.rules.funding_extreme import Parameters, judge

LIMITS: dict[str, Any] = msgspec.structs.asdict(Parameters())


def said(z: float, bps: float, held: int = 0) -> tuple[int, bool]:
    verdict = judge(LIMITS, np.array([held], np.int8), np.array([z]), np.array([bps]), np.zeros(1))
    return int(verdict.enter[0]), bool(verdict.stays[0])


@pytest.mark.parametrize(
    ("z", "bps", "enter"), [(3.0, 2.0, -1), (-3.0, -2.0, 1), (2.9, 9.0, 0), (3.0, 1.9, 0), (-3.0, 2.0, 0)]
)
def test_it_speaks_against_the_side_that_pays_dearly(z: float, bps: float, enter: int) -> None:
    assert said(z, bps)[0] == enter


def test_it_goes_on_to_two_deviations() -> None:
    assert said(2.0, 0.5, held=-1) == (0, True)
    assert said(1.9, 0.5, held=-1) == (0, False)
