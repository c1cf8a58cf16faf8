import pytest
from tests.api_process import Lived
from tests.scraped import scraped, value

from tidemark.api.metrics.exposition import Exposition
from tidemark.api.metrics.scores import tell_scores
from tidemark.units import SECOND


def test_scores_are_told_for_all_markets_together(process: Lived) -> None:
    to, analysis = Exposition(), process.parts.engine.analysis
    assert analysis is not None
    assert analysis.scores is not None

    tell_scores(to, process.parts)

    found = scraped(to.text())
    slots = list(process.parts.engine.universe.slots.values())
    assert value(found, "tidemark_markets_scored") == sum(bool(analysis.scores.is_known[slot]) for slot in slots) > 0
    mean = sum(float(analysis.scores.coverage[slot]) for slot in slots) / len(slots)
    assert value(found, "tidemark_score_coverage_ratio") == pytest.approx(mean)
    assert 0 < mean <= 1
    assert value(found, "tidemark_score_waiting") == analysis.waiting
    age_s = (process.clock.now_ns() - analysis.scored_at) / SECOND
    assert value(found, "tidemark_score_age_seconds") == age_s
