from typing import Any

import msgspec
import numpy as np
import pytest

from tidemark.signals.rules.feed_quality import GAP, PRESSURE, STALE, WIDESPREAD, Parameters, judge

LIMITS: dict[str, Any] = msgspec.structs.asdict(Parameters())


def said(
    stale: float = 0.0, gap: float = 0.0, share: float = 0.0, whole: float = 0.0, pressure: float = 0.0, held: int = 0
) -> tuple[int, bool]:
    columns = (np.array([figure]) for figure in (stale, gap, share, whole, pressure))
    verdict = judge(LIMITS, np.array([held], np.int8), *columns)
    return int(verdict.enter[0]), bool(verdict.stays[0])


@pytest.mark.parametrize(
    ("figures", "enter"),
    [
        ({}, 0),
        ({"stale": 1.0}, STALE),
        ({"gap": 2.0, "stale": 1.0}, GAP),
        ({"stale": 1.0, "share": 0.2}, 0),
        ({"whole": 1.0, "share": 0.2, "stale": 90.0}, WIDESPREAD),
        ({"whole": 1.0, "share": 0.19, "stale": 90.0}, 0),
        ({"whole": 1.0, "share": 0.5, "pressure": 2.0}, PRESSURE),
        ({"whole": 1.0, "pressure": 1.0}, 0),
    ],
)
def test_the_worst_is_told_and_what_is_widespread_once(figures: dict[str, Any], enter: int) -> None:
    assert said(**figures)[0] == enter


def test_what_is_told_of_a_market_stays_while_it_is_so_and_no_longer() -> None:
    assert said(stale=1.0, share=0.5, held=STALE) == (STALE, True)
    assert said(gap=1.0, held=STALE) == (GAP, False)
    assert said(held=STALE) == (0, False)
