from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from tests.build import engine
from tests.unit.analysis.test_analysis import analysis, live, scored

from tidemark.analysis.analysis import Weights
from tidemark.analysis.ranking import ranking
from tidemark.engine.step import Engine


@pytest.fixture(scope="module")
def made() -> Engine:
    one = scored(("BTCUSDT",))
    live(one, 0, 60)
    return one


def test_before_the_first_second_nothing_is_ranked() -> None:
    one = engine(weights=Weights())

    assert ranking(analysis(one), {"BTCUSDT": 0}).markets == ()


def test_a_component_that_is_not_there_has_no_score(made: Engine) -> None:
    (one,) = ranking(analysis(made), {"BTCUSDT": 0}).markets
    scores = analysis(made).scores
    assert scores is not None

    names = [component.name for component in analysis(made).weighing.components]
    assert set(one.components) == {name for name, there in zip(names, scores.is_present[0], strict=True) if there}
    assert "order_book" not in one.components


@pytest.mark.parametrize("order", [("A", "B", "C"), ("C", "B", "A")])
def test_markets_are_ranked_by_score_the_unknown_last(made: Engine, order: Sequence[str]) -> None:
    scores = analysis(made).scores
    assert scores is not None
    changed = msgspec.structs.replace(
        scores, score=np.array([55.0, 60.0, 60.0, 50.0]), is_known=np.array([True, True, True, False])
    )
    analysis(made).scores = changed
    try:
        slots = dict(zip(order, range(3), strict=True)) | {"D": 3}
        ranked = ranking(analysis(made), slots).markets
    finally:
        analysis(made).scores = scores

    by_slot = {slot: symbol for symbol, slot in slots.items()}
    assert [one.symbol for one in ranked] == [*sorted([by_slot[1], by_slot[2]]), by_slot[0], "D"]
    assert [one.score for one in ranked] == [60.0, 60.0, 55.0, None]
