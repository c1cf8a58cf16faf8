"""What the signals of each rule were worth, against chance, and whether a higher score was worth more."""

from collections import Counter
from typing import Annotated, cast

from msgspec import Meta

from tidemark.api.past import Graded, Past
from tidemark.api.routes.base import Answer, PastRoute
from tidemark.api.routes.past_signals import Chosen, filter_of
from tidemark.model.signal import Outcome
from tidemark.signals.calibration import Calibration, calibrate
from tidemark.signals.scorecard import Key, Scorecard, scorecards

# Outcomes that one answer is made of, those of random entries among them; and groups of them.
MOST_OUTCOMES, MOST_CARDS = 20_000, 200
_BY = "(rule|symbol|regime|side)"


class AskedScorecard(Chosen, frozen=True, kw_only=True):
    """Which trades, and by what they are put together."""

    by: Annotated[
        Annotated[str, Meta(pattern=f"^{_BY}(,{_BY}){{0,3}}$")],
        Meta(description="Trades that are the same in this are one group; several with commas", examples=["rule,side"]),
    ] = "rule"


class AskedCalibration(Chosen, frozen=True, kw_only=True):
    """Which trades."""


class ScorecardList(Answer, frozen=True, kw_only=True):
    """A card for each group of trades. outcomes: so many all were made of; is_cut: there were older ones.

    left_out: smaller groups that are not here, because there are more than 200. note: why something is missing.
    """

    by: tuple[str, ...]
    scorecards: tuple[Scorecard, ...]
    outcomes: int
    is_cut: bool
    left_out: int
    note: str | None


class CalibrationTold(Answer, frozen=True, kw_only=True):
    """What trades were worth by the score that they had, folded to their own side: 100 speaks most for the trade.

    outcomes, is_cut and note as with scorecards.
    """

    calibration: Calibration
    outcomes: int
    is_cut: bool
    note: str | None


async def _scorecard(past: Past, asked: AskedScorecard) -> ScorecardList:
    by = cast("tuple[Key, ...]", tuple(dict.fromkeys(asked.by.split(","))))

    def judge(graded: Graded) -> ScorecardList:
        some, left_out = _largest(graded.outcomes, by)
        return ScorecardList(
            as_of_ms=past.now_ms,
            by=by,
            scorecards=tuple(scorecards(some, by, most=MOST_OUTCOMES)),
            outcomes=len(graded.outcomes),
            is_cut=graded.is_cut,
            left_out=left_out,
            note=graded.note,
        )

    return await past.judged(filter_of(asked), MOST_OUTCOMES, judge)


def _largest(outcomes: tuple[Outcome, ...], by: tuple[Key, ...]) -> tuple[list[Outcome], int]:
    """The outcomes of the groups that have most trades, and how many groups they leave out."""
    groups = Counter(_group(one, by) for one in outcomes if not one.is_null)
    kept = {group for group, _ in groups.most_common(MOST_CARDS)}
    # A random entry goes with its trade, also where it was drawn in another regime.
    ids = {one.id for one in outcomes if not one.is_null and _group(one, by) in kept}
    return [one for one in outcomes if one.of in ids], len(groups) - len(kept)


def _group(one: Outcome, by: tuple[Key, ...]) -> tuple[object, ...]:
    return tuple(getattr(one, key) for key in by)


async def _calibration(past: Past, asked: AskedCalibration) -> CalibrationTold:
    def judge(graded: Graded) -> CalibrationTold:
        return CalibrationTold(
            as_of_ms=past.now_ms,
            calibration=calibrate(graded.outcomes, most=MOST_OUTCOMES),
            outcomes=len(graded.outcomes),
            is_cut=graded.is_cut,
            note=graded.note,
        )

    return await past.judged(filter_of(asked), MOST_OUTCOMES, judge)


ROUTES = (
    PastRoute(
        path="/api/v1/history/scorecard",
        summary="What the signals of each rule were worth, against random entries",
        asked=AskedScorecard,
        answer=ScorecardList,
        give=_scorecard,
    ),
    PastRoute(
        path="/api/v1/history/calibration",
        summary="What signals were worth by the score that they had",
        asked=AskedCalibration,
        answer=CalibrationTold,
        give=_calibration,
    ),
)
