from typing import Any

import msgspec
import numpy as np
import pytest

from tidemark.signals.rules.quiet_pause import Parameters, judge

LIMITS: dict[str, Any] = msgspec.structs.asdict(Parameters())
QUIET = {
    "volume": 2.0,
    "volume_p5": 2.0,
    "range": 0.2,
    "range_p5": 0.2,
    "natr": 0.5,
    "rank": 0.6,
    "growth": -0.1,
    "whole": 31.0,
}


def said(held: int = 0, *, short: bool = False, **changed: float) -> tuple[int, bool]:
    columns = (np.array([figure]) for figure in {**QUIET, **changed}.values())
    verdict = judge({**LIMITS, "short": short}, np.array([held], np.int8), *columns)
    return int(verdict.enter[0]), bool(verdict.stays[0])


def test_all_of_it_at_its_limits_is_a_pause() -> None:
    assert said() == (1, False)
    assert said(held=1) == (1, True)


@pytest.mark.parametrize(
    ("name", "figure"), [("volume", 2.1), ("range", 0.21), ("rank", 0.59), ("growth", -0.11), ("whole", 30.0)]
)
def test_without_any_one_of_it_there_is_none_and_it_is_over(name: str, figure: float) -> None:
    changed: dict[str, Any] = {name: figure}
    assert said(held=1, **changed) == (0, False)


def test_the_mirrored_pause_is_one_only_where_it_is_asked_for() -> None:
    assert said(growth=-2.0) == (0, False)
    assert said(growth=-2.0, short=True) == (-1, False)
    assert said(growth=2.0, short=True) == (1, False)


def test_where_both_would_be_the_sign_decides_and_none_of_a_price_that_stood_still() -> None:
    assert said(growth=0.05, short=True)[0] == 1
    assert said(growth=-0.05, short=True)[0] == -1
    assert said(growth=0.0, short=True)[0] == 0
