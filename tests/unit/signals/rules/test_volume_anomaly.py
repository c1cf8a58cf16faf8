from typing import Any

import msgspec
import numpy as np
import pytest

from tidemark.signals.rules.volume_anomaly import Parameters, judge

LIMITS: dict[str, Any] = msgspec.structs.asdict(Parameters())


def said(
    deviations: float = 3.5, turnover: float = 5e3, aggression: float = 0.2, move: float = 5.0, held: int = 0
) -> tuple[int, bool]:
    # 1.44 million in 24 hours are 1,000 a minute.
    columns = (np.array([figure]) for figure in (deviations, turnover, 1.44e6, aggression, move))
    verdict = judge(LIMITS, np.array([held], np.int8), *columns)
    return int(verdict.enter[0]), bool(verdict.stays[0])


def test_all_of_it_at_its_limits_speaks_for_the_side_of_the_aggressors() -> None:
    assert said()[0] == 1
    assert said(aggression=-0.2, move=-5.0)[0] == -1


@pytest.mark.parametrize(
    ("name", "figure"),
    [("deviations", 3.4), ("turnover", 4.9e3), ("aggression", 0.19), ("move", -5.0), ("move", 0.0)],
)
def test_without_any_one_of_it_there_is_none(name: str, figure: float) -> None:
    changed: dict[str, Any] = {name: figure}
    assert said(**changed)[0] == 0


def test_it_goes_on_while_the_minutes_stay_large() -> None:
    assert said(deviations=1.5, held=1) == (0, True)
    assert said(deviations=1.4, held=1) == (0, False)
