"""A report of a run as one page of HTML that fetches nothing and runs nothing: it can be mailed, printed and kept.

All words in it are data: Jinja2 escapes them, whatever a strategy is called.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jinja2
import msgspec
from markupsafe import Markup

import tidemark
from tidemark.backtest.reports import pictures, tables
from tidemark.backtest.reports.against import against_of
from tidemark.backtest.reports.gathered import Gathered
from tidemark.backtest.reports.words import NOTHING, figure, moment, percent, sure
from tidemark.plot import DARK
from tidemark.store.backtest_rows import State

# Of the strategy's file, and of an error.
MOST_CODE, MOST_ERROR = 100_000, 10_000
_MARKETS = 20
_HASH = 12
_STATES: Mapping[State, str] = {
    State.RUNNING: "It is still running: this is what it has written down so far.",
    State.FAILED: "It failed: this is what it had written down until then.",
    State.INTERRUPTED: "It was interrupted: this is what it had written down until then."
    " `tidemark backtest resume` goes on with it.",
    State.CANCELLED: "It was cancelled: this is what it had done until then.",
}


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that stands at the top."""

    name: str
    value: str
    beside: str


def html(told: Gathered) -> str:
    """The page."""
    result, run = told.result, told.run
    return _template().render(
        told=told,
        title=f"{tables.shortened(run.name)}: {run.state.value}",
        state=_STATES.get(run.state),
        error=tables.shortened(run.error or "", MOST_ERROR),
        facts=_facts(told),
        cards=_cards(told),
        pictures={name: [Markup(one) for one in drawn] for name, drawn in _pictures(told).items()},  # noqa: S704 - ours
        years=[] if result is None else tables.years(result.curve.months),
        curve=[] if result is None else tables.curve_rows(result),
        trips=tables.trip_rows(told.all, result),
        against=[] if result is None else against_of(result),
        chances=[] if result is None else tables.chance_rows(result),
        groups=tables.group_tables(told.groups),
        headings=tables.HEADINGS,
        counts=[] if result is None else tables.count_rows(result.counts),
        data=_data(told),
        request=_request(told),
        parameters=[(name, str(value)) for name, value in told.settings.parameters.items()],
        models=list(told.settings.models.items()),
        code=tables.shortened(told.settings.code.text, MOST_CODE),
        dark=DARK,
        nothing=NOTHING,
        percent=percent,
        version=tidemark.__version__,
    )


@cache  # bounded: the one template
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("report.html")


def _facts(told: Gathered) -> list[tuple[str, str]]:
    data, settings = told.data, told.settings
    return [
        ("strategy", f"{settings.strategy} of {settings.code.file}"),
        ("over", f"{_named(data.markets)}, {data.timeframe}, {data.candles:,} candles"),
        ("from", f"{moment(data.begin)} to {moment(data.end)} UTC"),
        ("run", f"{told.run.id}, {moment(told.run.created_at)} UTC"),
        ("candles", f"hash {data.digest[:_HASH]}"),
        ("code", f"hash {settings.code.sha256[:_HASH]}"),
    ]


def _cards(told: Gathered) -> list[Card]:
    cards = []
    if told.result is not None:
        curve, luck = told.result.curve, told.result.luck
        cards = [
            Card(name=words, value=figure(name, getattr(curve, name)), beside=getattr(curve, name).why or within)
            for words, name, within in (
                ("return", "total_return", sure("total_return", luck.returns.total_return)),
                ("Sharpe ratio", "sharpe", sure("sharpe", luck.returns.sharpe)),
                ("deepest drawdown", "max_drawdown", sure("max_drawdown", luck.returns.max_drawdown)),
            )
        ]
    found = told.all
    cards.append(Card(name="round trips", value=f"{told.trips:,}", beside=f"{figure('win_rate', found.win_rate)} won"))
    for words, name in (("expectancy", "expectancy"), ("profit factor", "profit_factor")):
        one = getattr(found, name)
        interval = None if told.result is None else getattr(told.result.luck.trips, name)
        cards.append(Card(name=words, value=figure(name, one), beside=one.why or sure(name, interval)))
    return cards


def _pictures(told: Gathered) -> dict[str, list[str]]:
    """By their names; two where there is one for wide pages and one for narrow ones."""
    drawn: dict[str, list[str]] = {}
    result, cash, widths = told.result, told.settings.request.cash, (pictures.WIDE, pictures.NARROW)
    if told.points:
        holding = [] if result is None else pictures.held_points(result.luck.holding)
        began = told.data.begin
        drawn["equity"] = [pictures.equity(cash, told.points, began, holding, width) for width in widths]
        drawn["drawdown"] = [pictures.drawdown(told.points, began, width) for width in widths]
    if told.dots:
        drawn["held"] = [pictures.held_against_gain(told.dots)]
        drawn["worst"] = [pictures.worst_against_gain(told.dots)]
        drawn["best"] = [pictures.best_against_gain(told.dots)]
    if histogram := pictures.r_histogram(told.all):
        drawn["r"] = [histogram]
    if result is not None and result.curve.total_return.value is not None:
        total, rows = result.curve.total_return.value, against_of(result)
        drawn["against"] = [pictures.against(total, rows, width) for width in widths]
    return drawn


def _data(told: Gathered) -> list[tuple[str, str]]:
    data = told.data
    return [
        ("files", data.path), ("hash", data.digest), ("hash of ticks and lots", data.instruments or "not known"),
        ("markets", ", ".join(data.markets)), ("timeframe", data.timeframe), ("candles", f"{data.candles:,}"),
        ("first and last", f"{moment(data.begin)} and {moment(data.end)} UTC, when they open"),
    ]  # fmt: skip


def _request(told: Gathered) -> list[tuple[str, str]]:
    asked = msgspec.structs.asdict(told.settings.request)
    left_out = {"parameters", "models", "version"}
    return [(name.replace("_", " "), _said(name, value)) for name, value in asked.items() if name not in left_out]


def _said(name: str, value: object) -> str:
    if value is None or value == ():
        return "not given"
    if name in {"begin", "end"} and isinstance(value, int):
        return f"{moment(value)} UTC"
    return ", ".join(str(one) for one in value) if isinstance(value, tuple) else str(value)


def _named(markets: tuple[str, ...]) -> str:
    more = len(markets) - _MARKETS
    return ", ".join(markets[:_MARKETS]) + (f" and {more:,} more" if more > 0 else "")
