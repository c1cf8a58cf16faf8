"""How scores look on a terminal: gauges around 50, the parts of one beneath each other, and the market around it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tidemark.analysis.context import MarketReading, Relation
from tidemark.analysis.explain import ComponentReading, Explanation
from tidemark.analysis.liquidation_clusters import Cluster
from tidemark.analysis.market_view import MarketView
from tidemark.analysis.ranking import Ranking
from tidemark.analysis.regime import RegimeReading
from tidemark.units import SECOND, format_seconds

_WIDTH = 20
_TITLE = 34
# Points below this are shown on one line together.
_SMALL = 0.05
_CLUSTERS = 5


def gauge(score: float | None) -> Text:
    """A bar from the middle to the left below 50, to the right above it.

    >>> gauge(75.0).plain
    '          │━━━━━     '
    >>> gauge(None).plain
    '          │          '
    """
    half = _WIDTH // 2
    if score is None:
        return Text(f"{' ' * half}│{' ' * half}", style="dim")
    length = min(half, round(abs(score - 50.0) / 50.0 * half))
    left = "━" * length if score < 50.0 else ""
    right = "━" * length if score > 50.0 else ""
    return Text.assemble((left.rjust(half), "red"), ("│", "dim"), (right.ljust(half), "green"))


def as_table(told: Ranking, count: int) -> RenderableType:
    """The markets with the highest scores and those with the lowest, *count* in all."""
    if not told.markets:
        return Text("no market is watched yet, or none is scored: a score takes trades, and some minutes of history")
    known = [one for one in told.markets if one.score is not None]
    title = f"{len(known)} of {len(told.markets)} markets scored at {_time(told.at)}"
    if told.waiting:
        title += f"; {told.waiting} series of candles still to be read"
    shown = list(told.markets)
    if len(shown) > count:
        rising = (count + 1) // 2
        falling = count - rising
        shown = known[:rising] + known[max(rising, len(known) - falling) :]
        shown = shown or list(told.markets[:count])
    table = Table(title=title, box=None, header_style="bold", pad_edge=False)
    table.add_column("symbol", no_wrap=True)
    table.add_column("score", justify="right")
    table.add_column("")
    names = list(dict.fromkeys(name for one in shown for name in one.components))
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for name in ("coverage", "agreement"):
        table.add_column(name, justify="right")
    table.add_column("regime", no_wrap=True)
    for one in shown:
        table.add_row(
            one.symbol,
            Text("unknown", style="dim") if one.score is None else f"{one.score:.1f}",
            gauge(one.score),
            *(f"{one.components[name]:.0f}" if name in one.components else "-" for name in names),
            f"{100 * one.coverage:.0f} %",
            f"{one.agreement:.2f}",
            _named(one.regime),
        )
    return table


def as_breakdown(told: Explanation) -> RenderableType:
    """A score, its components with gauges, and under each what its factors say."""
    score = "unknown: less than 40 % of the weight is there" if told.score is None else f"{told.score:.1f}"
    parts: list[RenderableType] = [
        Text.assemble((f"{told.symbol} {score}", "bold"), f"  at {_time(told.at)}"),
        Text(f"coverage {100 * told.coverage:.0f} %, agreement {told.agreement:.2f}, conviction {told.conviction:.2f}"),
        Text(_regime(told.regime)),
        Text(""),
        Text(f"{'':<{_TITLE}}{'score':>6}  {'':<{_WIDTH + 1}}{'points':>8}", style="bold"),
    ]
    for component in told.components:
        parts += _component(component)
    if told.modifiers:
        parts += [Text(""), Text("what makes evidence weaker, or leaves it as it is", style="bold")]
        parts += [Padding(Text(words), (0, 0, 0, 2)) for words in told.modifiers]
    if told.relations:
        parts += [Text(""), Text(f"beside the score: how it goes with {told.relations[0].leader}", style="bold")]
        parts += [Padding(Text(_relation(one)), (0, 0, 0, 2)) for one in told.relations]
    if told.clusters:
        parts += [Text(""), Text("beside the score: where positions were liquidated within a day", style="bold")]
        parts += [Padding(Text(_cluster(one)), (0, 0, 0, 2)) for one in told.clusters[:_CLUSTERS]]
    return Group(*parts)


def as_market(told: MarketView, count: int) -> RenderableType:
    """The market in a few lines, and the markets with the highest and the lowest alpha, *count* in all."""
    if not told.at:
        return Text("nothing is scored yet: the process has just started; ask again in a second")
    regimes = ", ".join(f"{number} {_named(name)}" for name, number in told.regimes.items() if number)
    lines = [
        Text(f"the market at {_time(told.at)}", style="bold"),
        Text(f"24 hours: {told.breadth if told.breadth is not None else 'not asked for'}"),
        Text(f"regimes in {told.regime_timeframe.value}: {regimes or 'no market is watched yet'}"),
    ]
    context = told.context
    if context is None:
        return Group(*lines, Text("markets are compared in no timeframe that is kept; see candles.timeframes"))
    if context.mean_bps is not None and context.dispersion_bps is not None and context.age_ns is not None:
        lines.append(
            Text(
                f"newest {context.timeframe.value} candle: {context.mean_bps:+.1f} bps on average over {context.moved}"
                f" markets, apart by {context.dispersion_bps:.1f} bps, {_age(context.age_ns)} old"
            )
        )
    if context.mean_correlation is None or context.mean_beta is None:
        return Group(*lines, Text(f"no market is compared with {context.leader} yet: that takes 30 candles of both"))
    lines.append(
        Text(
            f"with {context.leader}, on average over {context.related} markets: correlation"
            f" {context.mean_correlation:.2f}, beta {context.mean_beta:.2f}"
        )
    )
    return Group(*lines, Text(""), _ranked(context, count))


def _ranked(context: MarketReading, count: int) -> Table:
    shown = list(context.ranking)
    if len(shown) > count:
        shown = shown[: (count + 1) // 2] + shown[len(shown) - count // 2 :]
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("symbol", no_wrap=True)
    for name in ("alpha, bps a candle", "in errors", "beta", "correlation", "age"):
        table.add_column(name, justify="right")
    for one in shown:
        table.add_row(
            one.symbol, f"{one.alpha_bps:+.2f}", f"{one.deviations:+.1f}", f"{one.beta:.2f}",
            "-" if one.correlation is None else f"{one.correlation:.2f}", _age(one.age_ns),
        )  # fmt: skip
    return table


def _regime(told: RegimeReading) -> str:
    since = "" if told.since is None else f" since {_time(told.since)}"
    return f"regime: {_named(told.regime)}{since}: {told.sentence}"


def _relation(one: Relation) -> str:
    """What is known of it; beta is, or it would not be here."""
    parts = [f"{one.timeframe.value}: {_signed(one.beta)} for each 1 of it"]
    if one.correlation is not None:
        parts.append(f"correlation {one.correlation:.2f} over {one.pairs:.0f} candles by weight")
    if one.residual_bps is not None and one.residual_deviation_bps is not None:
        parts.append(
            f"{one.residual_bps:+.1f} bps beyond that in the newest, where {one.residual_deviation_bps:.1f} is usual"
        )
    if one.alpha_bps is not None:
        parts.append(f"alpha {one.alpha_bps:+.2f} bps a candle")
    if one.correlation_before is not None and one.correlation_after is not None:
        parts.append(f"follows it {one.correlation_before:+.2f}, leads it {one.correlation_after:+.2f}")
    return f"{', '.join(parts)}, {_age(one.age_ns)} old"


def _signed(value: float | None) -> str:
    return "not known" if value is None else f"{value:+.2f}"


def _cluster(one: Cluster) -> str:
    return (
        f"{one.low:g} to {one.high:g}: {one.long_turnover:,.0f} USDT of {one.longs} longs, {one.short_turnover:,.0f} of"
        f" {one.shorts} shorts, the newest {_age(one.age_ns)} old"
    )


def _named(name: str) -> str:
    return name.replace("_", " ")


def _age(age_ns: int) -> str:
    return format_seconds(round(max(age_ns, 0) / SECOND, 1))


def _component(component: ComponentReading) -> Iterator[RenderableType]:
    name = f"{component.name.replace('_', ' ')} ({component.weight:.2f})"
    if not component.factors:
        yield _line(name, None, None, "bold")
        yield _words("nothing is known of it", "dim")
        return
    yield _line(name, component.score, component.points, "bold")
    for factor in component.factors:
        if abs(factor.points) >= _SMALL:
            _, _, words = factor.sentence.partition(" ")
            yield _line(f"  {factor.title}", 50.0 + 50.0 * factor.direction, factor.points, "")
            yield _words(f"{words}; turns at {factor.flips}", "")
    small = [factor for factor in component.factors if abs(factor.points) < _SMALL]
    if small:
        total = sum(factor.points for factor in small)
        yield _words(f"next to nothing ({total:+.2f}): {', '.join(factor.title for factor in small)}", "dim")
    if component.missing:
        yield _words(f"missing: {', '.join(component.missing)}", "dim")


def _line(title: str, score: float | None, points: float | None, style: str) -> Text:
    shown = "-" if score is None else f"{score:.1f}"
    added = "" if points is None else f"{points:+.2f}"
    return Text.assemble((f"{title:<{_TITLE}}{shown:>6}  ", style), gauge(score), (f"{added:>8}", style), no_wrap=True)


def _words(text: str, style: str) -> RenderableType:
    return Padding(Text(text, style=style), (0, 0, 0, 4))


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
