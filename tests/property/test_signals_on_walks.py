"""No rule is better than chance where nothing can be known, and every rule is where a move was planted.

Three days of 48 markets; with TIDEMARK_ALL_CELLS=1 two weeks of 32, and three such walks, which takes minutes.
"""

import os

import pytest
from tests.signal_walks import TRADES, Walks

from tidemark.signals.scorecard import LEAST, Scorecard, scorecards

IS_WHOLE = bool(os.environ.get("TIDEMARK_ALL_CELLS"))
SYMBOLS, DAYS = (32, 14) if IS_WHOLE else (48, 3)
# So many rules are looked at: one of them would be significant at 5 % by chance in 40 % of all walks.
ALPHA = 0.05 / len(TRADES)
# Where each has to be found, each is judged by itself.
FOUND = 0.01
SEEDS = (1, 2, 3) if IS_WHOLE else (1,)


def graded(seed: int, *, drift: float, every: int) -> dict[str | None, Scorecard]:
    walks = Walks(symbols=SYMBOLS, days=DAYS, seed=seed, drift=drift, every=every)
    return {card.rule: card for card in scorecards(walks.run())}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_rule_has_an_edge_on_random_walks(seed: int) -> None:
    cards = graded(seed, drift=0.0, every=400)

    assert set(cards) == set(TRADES)
    for rule, card in cards.items():
        assert card.pairs >= LEAST, rule
        assert card.is_enough, rule
        assert card.p_value is not None
        assert card.p_value > ALPHA, card


def test_every_rule_is_found_where_a_move_follows_it() -> None:
    cards = graded(4, drift=0.005, every=800)

    assert set(cards) == set(TRADES)
    for rule, card in cards.items():
        assert card.p_value is not None
        assert card.p_value <= FOUND, card
        assert card.difference is not None
        assert card.difference > 0.0, rule
        assert card.verdict.startswith("better than chance")
