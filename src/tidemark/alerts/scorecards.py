"""What the signals of a rule were worth so far, in a line, out of the database: at most every ten minutes a rule."""

import sqlalchemy as sa

from tidemark.model.signal import Outcome
from tidemark.signals.rules import registry
from tidemark.signals.scorecard import Scorecard, scorecards
from tidemark.store.signal_rows import outcome_of
from tidemark.store.tables import OUTCOMES
from tidemark.units import DAY, MINUTE

# What is looked at: the newest so many outcomes, with the random entries against them, of so long.
_MOST, _SINCE = 4000, 180 * DAY
_EVERY = 10 * MINUTE


class Scorecards:
    """The line of each rule, kept for ten minutes; as many as there are rules."""

    def __init__(self, engine: sa.Engine, venue: str) -> None:
        self._engine = engine
        self._venue = venue
        self._lines: dict[str, tuple[int, str | None]] = {}  # bounded: by the rules that there are

    def line(self, rule: str, now: int) -> str | None:
        """The line of *rule*; None where its signals are no trades, or none was ever graded."""
        if rule not in registry.names():
            return None
        made = self._lines.get(rule)
        if made is None or not 0 <= now - made[0] < _EVERY:
            made = self._lines[rule] = (now, self._line(rule, now))
        return made[1]

    def _line(self, rule: str, now: int) -> str | None:
        cards = scorecards(self._outcomes(rule, now), ("rule",), most=_MOST)
        return line_of(cards[0]) if cards else None

    def _outcomes(self, rule: str, now: int) -> list[Outcome]:
        columns = OUTCOMES.c
        query = sa.select(OUTCOMES).where(
            columns.venue == self._venue, columns.rule == rule, columns.at >= now - _SINCE
        )
        with self._engine.connect() as connection:
            return [outcome_of(row) for row in connection.execute(query.order_by(columns.at.desc()).limit(_MOST))]


def line_of(card: Scorecard) -> str:
    """*card* in a line, such as "Confluence: 41 signals, mean R +0.12 [-0.08, 0.31]", or that it is too few."""
    name = registry.find(card.rule).TITLE if card.rule in registry.names() else str(card.rule)
    if not card.is_enough or card.mean_r is None or card.mean_r_interval is None:
        return f"{name}: {card.n} graded so far, too few to say what its signals are worth"
    interval = card.mean_r_interval
    return (
        f"{name}: {card.n} signals, mean R {card.mean_r:+.2f} [{interval.low:.2f}, {interval.high:.2f}], {card.verdict}"
    )
