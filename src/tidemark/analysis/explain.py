"""Why a market has its score: every point of it traced to a figure, what is usual there, its age and its source."""

from collections.abc import Iterator, Mapping

import msgspec

from tidemark.analysis.analysis import Analysis
from tidemark.analysis.context import Relation
from tidemark.analysis.factors.base import Factor
from tidemark.analysis.liquidation_clusters import NEWEST, Cluster, clusters
from tidemark.analysis.regime import Regime, RegimeReading, facts
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND, format_seconds


class TimeframeReading(msgspec.Struct, frozen=True, kw_only=True):
    """A factor in one timeframe: `share` is how much of its points is from there, 0 where that is not weighed."""

    timeframe: Timeframe
    value: float
    usual: float
    direction: float
    quality: float
    share: float
    age_s: float


class FactorReading(msgspec.Struct, frozen=True, kw_only=True):
    """A factor: what it adds to 50, and why.

    value, usual: its figure and what is usual for this market, in `unit`; those of the timeframe with the largest share
    where it has several. `sentence` says it in words, `flips` where it would turn.
    """

    name: str
    title: str
    group: str
    points: float
    direction: float
    quality: float
    value: float
    usual: float
    unit: str
    age_s: float
    sentence: str
    flips: str
    timeframes: tuple[TimeframeReading, ...] = ()


class ComponentReading(msgspec.Struct, frozen=True, kw_only=True):
    """A component: `score` is 50 + 50 times its direction; `strength` is what modifiers leave of its quality.

    weight: as the market's regime leaves it. missing: the factors that have nothing to say.
    """

    name: str
    weight: float
    score: float
    direction: float
    quality: float
    strength: float
    points: float
    factors: tuple[FactorReading, ...]
    missing: tuple[str, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A score and all that it is made of: the points of the factors add up to score - 50.

    score is None below a coverage of 40 %. at: of our clock (ns). modifiers: facts that make evidence weaker, each as a
    sentence. Beside the score, and no part of it: how the market stands to the one that leads, where that is known, and
    where positions were liquidated within a day.
    """

    symbol: str
    at: int
    score: float | None
    coverage: float
    agreement: float
    conviction: float
    components: tuple[ComponentReading, ...]
    modifiers: tuple[str, ...]
    regime: RegimeReading
    relations: tuple[Relation, ...]
    clusters: tuple[Cluster, ...]


def explain(analysis: Analysis, slot: int, symbol: str) -> Explanation | None:
    """The newest score of a series, explained; None before the first."""
    scores, weighing = analysis.scores, analysis.weighing
    if scores is None or analysis.combined is None:
        return None
    strength, weight = analysis.strength(), analysis.weight(slot)
    parts = []
    for number, component in enumerate(weighing.components):
        names = [name for group in component.groups for name in group]
        told, missing = [], []
        for name in names:
            reading = _factor(analysis, slot, name)
            if reading is None:
                missing.append(name)
            else:
                told.append(reading)
        told.sort(key=lambda one: -abs(one.points))
        direction = float(scores.direction[slot, number])
        parts.append(
            ComponentReading(
                name=component.name,
                weight=float(weight[number]),
                score=50.0 + 50.0 * direction,
                direction=direction,
                quality=float(scores.quality[slot, number]),
                strength=float(strength[component.name][slot]),
                points=sum(one.points for one in told),
                factors=tuple(told),
                missing=tuple(missing),
            )
        )
    return Explanation(
        symbol=symbol,
        at=analysis.scored_at,
        score=float(scores.score[slot]) if scores.is_known[slot] else None,
        coverage=float(scores.coverage[slot]),
        agreement=float(scores.agreement[slot]),
        conviction=float(scores.conviction[slot]),
        components=tuple(parts),
        modifiers=tuple(_modifiers(analysis, slot)),
        regime=_regime(analysis, slot),
        relations=tuple(_relations(analysis, slot)),
        clusters=clusters(analysis.markets.derivatives.liquidations.rows(slot, NEWEST), analysis.exchange_ns),
    )


def _regime(analysis: Analysis, slot: int) -> RegimeReading:
    timeframe = analysis.regime_timeframe
    readings = analysis.candles[timeframe]
    _, since = readings.regimes.of(slot)
    regime = Regime(int(analysis.regimes()[slot]))
    if since is None:
        return RegimeReading(
            regime=regime.title, timeframe=timeframe, since=None, age_s=None,
            sentence=f"no {timeframe.value} candle was read yet",
        )  # fmt: skip
    age_s = float(analysis.age_ns(timeframe)[slot]) / SECOND
    return RegimeReading(
        regime=regime.title, timeframe=timeframe, since=since, age_s=age_s,
        sentence=f"{facts(readings.panel.given(slot))} in {timeframe.value}, {format_seconds(round(age_s, 1))} old",
    )  # fmt: skip


def _relations(analysis: Analysis, slot: int) -> Iterator[Relation]:
    """How the market stands to the leader, in each timeframe in which that is known; nothing for the leader."""
    for timeframe in analysis.context.timeframes:
        relation = analysis.context.read(slot, timeframe, analysis.exchange_ns)
        if relation is not None and relation.symbol != relation.leader and relation.beta is not None:
            yield relation


def _factor(analysis: Analysis, slot: int, name: str) -> FactorReading | None:
    scores, moment = analysis.scores, analysis.moment.panel
    assert scores is not None  # noqa: S101 - `explain` has looked
    points = float(scores.points[slot, analysis.weighing.factors.index(name)])
    if name in moment.factors:
        at = tuple(moment.factors).index(name)
        if not moment.is_known[slot, at]:
            return None
        value, usual = float(moment.value[slot, at]), float(moment.usual[slot, at])
        age_s = (analysis.scored_at - int(moment.at[slot])) / SECOND
        factor = moment.factors[name]
        return FactorReading(
            name=name, title=factor.TITLE, group=factor.GROUP, points=points,
            direction=float(moment.direction[slot, at]), quality=float(moment.quality[slot, at]), value=value,
            usual=usual, unit=factor.UNIT, age_s=age_s, flips=factor.NEUTRAL,
            sentence=sentence(factor, points, value, usual, moment.given(slot), age_s, ""),
        )  # fmt: skip
    readings = _timeframes(analysis, slot, name)
    weighed = [one for one in readings if one.share > 0.0]
    if not weighed:
        return None
    main = max(weighed, key=lambda one: one.share)
    panel = analysis.candles[main.timeframe].panel
    factor, at = panel.factors[name], tuple(panel.factors).index(name)
    combined = analysis.combined
    assert combined is not None  # noqa: S101 - `explain` has looked
    return FactorReading(
        name=name, title=factor.TITLE, group=factor.GROUP, points=points,
        direction=float(combined.direction[slot, at]), quality=float(combined.quality[slot, at]), value=main.value,
        usual=main.usual, unit=factor.UNIT, age_s=main.age_s, flips=factor.NEUTRAL, timeframes=tuple(readings),
        sentence=sentence(
            factor, points, main.value, main.usual, panel.given(slot), main.age_s, main.timeframe.value
        ),
    )  # fmt: skip


def _timeframes(analysis: Analysis, slot: int, name: str) -> list[TimeframeReading]:
    """The newest reading of a factor in each timeframe that has one."""
    found = []
    shares = analysis.shares(slot, name)
    for timeframe, readings in analysis.candles.items():
        panel = readings.panel
        at = tuple(panel.factors).index(name)
        if panel.is_known[slot, at]:
            found.append(
                TimeframeReading(
                    timeframe=timeframe,
                    value=float(panel.value[slot, at]),
                    usual=float(panel.usual[slot, at]),
                    direction=float(panel.direction[slot, at]),
                    quality=float(panel.quality[slot, at]),
                    share=shares.get(timeframe, 0.0),
                    age_s=float(analysis.age_ns(timeframe)[slot]) / SECOND,
                )
            )
    return found


def _modifiers(analysis: Analysis, slot: int) -> list[str]:
    """What makes evidence weaker, in words: of the moment, and of the timeframe that counts most."""
    heaviest = max(analysis.candles, key=lambda one: analysis.weights.timeframes.get(one, 0.0))
    told = []
    for panel, where in ((analysis.candles[heaviest].panel, f" in {heaviest.value}"), (analysis.moment.panel, "")):
        given = panel.given(slot)
        for number, modifier in enumerate(panel.modifiers.values()):
            if panel.at[slot] and all(name in given for name in modifier.READS):
                strength = float(panel.strength[slot, number])
                names = ", ".join(name.replace("_", " ") for name in modifier.MODIFIES)
                told.append(f"x{strength:.2f} {names}: {modifier.FACT.format(**given)}{where}")
    return told


def sentence(
    factor: Factor, points: float, value: float, usual: float, given: Mapping[str, float], age_s: float, where: str
) -> str:
    """One factor in words: what it adds, what it means, the figures behind it, compared with what, and how old."""
    meaning = factor.UP if value > 0 else factor.DOWN if value < 0 else "speaks for neither side"
    fact = factor.FACT.format(**given)
    compared = f"{abs(value) / usual:.1f} times what is usual here" if usual > 0 else "nothing like it was seen before"
    place = f" in {where}" if where else ""
    return f"{points:+.2f} {factor.TITLE}{place}: {meaning}: {fact}, {compared}, {format_seconds(round(age_s, 1))} old"
