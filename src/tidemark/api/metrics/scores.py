"""How many markets are scored, from how much of what a score is made of."""

import numpy as np

from tidemark.api.metrics.exposition import Exposition
from tidemark.live.assembly import Parts
from tidemark.units import SECOND


def tell_scores(to: Exposition, parts: Parts) -> None:
    """All markets together; nothing where none is scored."""
    analysis = parts.engine.analysis
    scores = analysis.scores if analysis is not None else None
    slots = np.fromiter(parts.engine.universe.slots.values(), np.int64)
    is_told = scores is not None and len(slots) > 0
    to.gauge(
        "tidemark_markets_scored",
        "Markets that have a score.",
        int(np.count_nonzero(scores.is_known[slots])) if scores is not None else None,
    )
    to.gauge(
        "tidemark_score_coverage_ratio",
        "The share of a score's weight that is there, over all markets on average.",
        float(scores.coverage[slots].mean()) if scores is not None and is_told else None,
    )
    to.gauge(
        "tidemark_score_waiting",
        "Series and timeframes whose history is still to be read.",
        analysis.waiting if analysis is not None else None,
    )
    to.gauge(
        "tidemark_score_age_seconds",
        "Since the scores were made.",
        max(0, parts.clock.now_ns() - analysis.scored_at) / SECOND
        if analysis is not None and analysis.scored_at
        else None,
    )
