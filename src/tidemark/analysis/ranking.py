"""All markets beside each other, by their scores."""

import msgspec

from tidemark.analysis.analysis import Analysis
from tidemark.analysis.regime import Regime

_REGIMES = tuple(regime.title for regime in Regime)


class Ranked(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One market: its score, None below a coverage of 40 %, its regime, and the score of each component there is."""

    symbol: str
    score: float | None
    coverage: float
    agreement: float
    conviction: float
    regime: str
    components: dict[str, float]


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """The markets as of `at` (ns, our clock; 0 before the first scores), the highest score first, then the unknown.

    waiting: series and timeframes whose history is still to be read.
    """

    at: int
    waiting: int
    markets: tuple[Ranked, ...]


def ranking(analysis: Analysis, symbols: dict[str, int]) -> Ranking:
    """Every market of *symbols*, which have the slots that these say."""
    scores = analysis.scores
    if scores is None:
        return Ranking(at=0, waiting=analysis.waiting, markets=())
    regimes = analysis.regimes().tolist()
    names = [component.name for component in analysis.weighing.components]
    markets = [
        Ranked(
            symbol=symbol,
            score=round(float(scores.score[slot]), 4) if scores.is_known[slot] else None,
            coverage=round(float(scores.coverage[slot]), 4),
            agreement=round(float(scores.agreement[slot]), 4),
            conviction=round(float(scores.conviction[slot]), 4),
            regime=_REGIMES[regimes[slot]],
            components={
                name: round(50.0 + 50.0 * float(scores.direction[slot, number]), 2)
                for number, name in enumerate(names)
                if scores.is_present[slot, number]
            },
        )
        for symbol, slot in symbols.items()
    ]
    markets.sort(key=lambda one: (one.score is None, -(one.score or 0.0), one.symbol))
    return Ranking(at=analysis.scored_at, waiting=analysis.waiting, markets=tuple(markets))
