"""What the signals of a rule were worth, against random entries in the same markets at the same times of day.

Over the outcomes of a page or of all that is kept: pure, the same rows give the same figures. A trade counts when it
was entered and has ended. It is compared with its own random entry, where that was entered as well.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.model.signal import Outcome
from tidemark.signals.statistics import Interval, mean_interval, sign_test, wilson
from tidemark.units import HOUR

Array = npt.NDArray[Any]

# Below so many trades, or blocks of time, nothing is said of how good they were.
LEAST, LEAST_BLOCKS = 30, 8
# Trades that began within so long of each other are no two observations.
BLOCK_NS = 4 * HOUR
# Outcomes that are taken at a time, at most.
MOST = 100_000
Key = Literal["rule", "symbol", "regime", "side"]
KEYS: tuple[Key, ...] = ("rule", "symbol", "regime", "side")


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """One group of trades; a key by which it was not grouped is None.

    signals: how many there were, `missed` of them never entered; n: how many were graded. win_rate: with more than 0 R
    net of costs and funding. mean_r and the rest in R, net. pairs: trades whose random entry was graded as well,
    `null_mean_r` the mean of those entries, `difference` of the trades less theirs, `p_value` how likely that is by
    chance alone. Intervals are of 95 %. is_enough: with fewer than 30 trades or 8 blocks of four hours it is too few to
    say anything, and `verdict` says so. Figures that do not exist are None.
    """

    rule: str | None
    symbol: str | None
    regime: str | None
    side: int | None
    signals: int
    missed: int
    n: int
    blocks: int
    is_enough: bool
    verdict: str
    wins: int
    win_rate: float | None
    win_interval: Interval | None
    mean_r: float | None
    mean_r_interval: Interval | None
    median_duration_s: float | None
    mean_mfe_r: float | None
    mean_mae_r: float | None
    pairs: int
    null_mean_r: float | None
    difference: float | None
    difference_interval: Interval | None
    p_value: float | None


def scorecards(
    outcomes: Iterable[Outcome], by: Sequence[Key] = ("rule",), *, seed: int = 1, most: int = MOST
) -> list[Scorecard]:
    """One card a group, by its key; ValueError for more than *most* outcomes.

    A later record of an id replaces the earlier one. seed: of what is drawn.
    """
    latest = newest(outcomes, most)
    trades = [one for one in latest.values() if not one.is_null]
    against = {one.of: one for one in latest.values() if one.is_null}
    groups: dict[tuple[Any, ...], list[Outcome]] = {}
    for one in trades:
        groups.setdefault(tuple(getattr(one, key) for key in by), []).append(one)
    return [_card(dict(zip(by, key, strict=True)), groups[key], against, seed) for key in sorted(groups)]


def newest(outcomes: Iterable[Outcome], most: int) -> dict[str, Outcome]:
    """The newest record of each id, in the order in which they first came; ValueError for more than *most*."""
    latest: dict[str, Outcome] = {}
    for one in outcomes:
        latest[one.id] = one
        if len(latest) > most:
            raise ValueError(f"more than {most} outcomes; ask for a shorter time or fewer rules")
    return latest


def _card(group: dict[Key, Any], trades: list[Outcome], against: dict[str, Outcome], seed: int) -> Scorecard:
    graded = [(one, one.net_r) for one in trades if one.net_r is not None]
    results = np.array([result for _, result in graded], np.float64)
    blocks = np.array([one.at // BLOCK_NS for one, _ in graded], np.int64)
    rng = np.random.default_rng(seed)
    count, wins, number = len(graded), int(np.count_nonzero(results > 0.0)), len(np.unique(blocks))
    pairs = [(result, null.net_r, block) for (one, result), block in zip(graded, blocks.tolist(), strict=True)
             if (null := against.get(one.id)) is not None and null.net_r is not None]  # fmt: skip
    own, theirs = (np.array([pair[side] for pair in pairs], np.float64) for side in (0, 1))
    shared = np.array([pair[2] for pair in pairs], np.int64)
    is_enough = count >= LEAST and number >= LEAST_BLOCKS
    p_value = sign_test(own - theirs, shared, rng) if pairs else None
    mean = mean_interval(results, blocks, rng) if count else None
    apart = mean_interval(own - theirs, shared, rng) if pairs else None
    return Scorecard(
        rule=group.get("rule"),
        symbol=group.get("symbol"),
        regime=group.get("regime"),
        side=None if "side" not in group else int(group["side"]),
        signals=len(trades),
        missed=sum(1 for one in trades if one.entered_at is None and not one.stage.is_open),
        n=count,
        blocks=number,
        is_enough=is_enough,
        verdict=_verdict(count, number, own - theirs, p_value, is_enough=is_enough and len(pairs) >= LEAST),
        wins=wins,
        win_rate=wins / count if count else None,
        win_interval=wilson(wins, count) if count else None,
        mean_r=float(results.mean()) if count else None,
        mean_r_interval=mean,
        median_duration_s=_median([one.duration_s for one, _ in graded]),
        mean_mfe_r=_mean([one.mfe_r for one, _ in graded]),
        mean_mae_r=_mean([one.mae_r for one, _ in graded]),
        pairs=len(pairs),
        null_mean_r=float(theirs.mean()) if pairs else None,
        difference=float((own - theirs).mean()) if pairs else None,
        difference_interval=apart,
        p_value=p_value,
    )


def _verdict(count: int, blocks: int, differences: Array, p_value: float | None, *, is_enough: bool) -> str:
    if not is_enough or p_value is None:
        there = f"{_counted(count, 'trade')} in {_counted(blocks, 'block')} of four hours"
        return f"too few: {there}, {len(differences)} with a random entry"
    if p_value >= 0.05:
        return f"no better and no worse than chance (p = {p_value:.2g})"
    return f"{'better' if differences.mean() > 0 else 'worse'} than chance (p = {p_value:.2g})"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _median(figures: Sequence[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return float(np.median(known)) if known else None


def _mean(figures: Sequence[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return float(np.mean(known)) if known else None
