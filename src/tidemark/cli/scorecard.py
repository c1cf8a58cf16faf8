"""`tidemark scorecard`: what the signals of each rule were worth, against chance."""

from typing import Annotated, get_args

import msgspec
import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from tidemark.cli.kept import KeptSignals, begin_of, kept_signals
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError
from tidemark.model.signal import Outcome, Side
from tidemark.signals.calibration import Bin, Calibration, calibrate
from tidemark.signals.rules import registry
from tidemark.signals.scorecard import MOST, Key, Scorecard, scorecards
from tidemark.signals.statistics import Interval

_KEYS: tuple[Key, ...] = get_args(Key)
# From -1 R to 1 R, or from 0 to 1.
_WIDTH = 21


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The cards, and the calibration of the score over the same outcomes. cut: older ones were left out."""

    cards: list[Scorecard]
    calibration: Calibration
    outcomes: int
    is_cut: bool


def command(
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    by: Annotated[
        str, typer.Option(metavar="KEYS", help="Grouped by rule, symbol, regime, side; several: rule,side")
    ] = ("rule"),
    rule: Annotated[str | None, typer.Option(help="Only this rule.", show_default=False)] = None,
    symbol: Annotated[str | None, typer.Option(help="Only this market.", show_default=False)] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only what was raised in the last TIME, like 30d.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Print how the signals that have ended went: the share that won, the mean in R, both against random entries.

    Below it: whether a higher score was worth more. Below 30 trades, or eight blocks of four hours, it says "too few".

    Examples:
      tidemark scorecard

      tidemark scorecard --by rule,side --since 30d

      tidemark scorecard --rule confluence --by regime --json
    """
    keys = _keys(by)
    if rule is not None and rule not in registry.names():
        raise SettingsError(f"--rule {rule!r} is not known; there are: {', '.join(registry.names())}")
    chosen = settings(config, set_, {"venue.name": venue}).settings
    begin = begin_of(since, SystemClock().now_ns())
    with kept_signals(chosen) as kept:
        told = judge(kept, keys, rule=rule, symbol=symbol.upper() if symbol is not None else None, since=begin)
    if json:
        print_json(told)
    else:
        Console().print(as_text(told, keys))


def judge(
    kept: KeptSignals | None, keys: tuple[Key, ...], *, rule: str | None, symbol: str | None, since: int | None
) -> Told:
    """The cards over what is kept; the newest `MOST` outcomes where there are more."""
    found: list[Outcome] = []
    is_cut = False
    if kept is not None:
        from tidemark.store import signal_rows

        with kept.read() as connection:
            newest = signal_rows.outcomes(connection, kept.venue, rule=rule, symbol=symbol, since=since, most=MOST + 1)
            found = list(newest)
            is_cut = len(found) > MOST
            found = found[:MOST]
    return Told(cards=scorecards(found, keys), calibration=calibrate(found), outcomes=len(found), is_cut=is_cut)


def _keys(text: str) -> tuple[Key, ...]:
    asked = [one.strip() for one in text.split(",")]
    keys = tuple(key for key in _KEYS if key in asked)
    if len(keys) != len(asked):
        raise SettingsError(f"--by {text!r} is not understood; there are: {', '.join(_KEYS)}, each once")
    return keys


def as_text(told: Told, keys: tuple[Key, ...]) -> RenderableType:
    """The cards as a table with bars, and the calibration below it."""
    if not told.cards:
        return Text(
            "nothing has ended yet: a trade is graded when it is over, at the latest a day after its signal;"
            " `tidemark signals` lists those that are open"
        )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in keys:
        table.add_column(key, no_wrap=True)
    for name in ("signals", "graded", "won", "mean R, 95 %"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("-1 R       0       +1 R", no_wrap=True)
    table.add_column("less chance", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for card in told.cards:
        table.add_row(
            *(_named(card, key) for key in keys),
            str(card.signals),
            str(card.n),
            "" if card.win_rate is None else f"{card.win_rate * 100:.0f} %",
            _interval(card.mean_r, card.mean_r_interval),
            bar(card.mean_r, card.mean_r_interval, -1.0, 1.0),
            "" if card.difference is None else f"{card.difference:+.2f}",
            card.verdict,
            style="" if card.is_enough else "dim",
        )
    parts: list[RenderableType] = [table]
    if told.is_cut:
        parts.append(Text(f"the newest {told.outcomes} outcomes; --since or --rule asks for fewer", "yellow"))
    return Group(*parts, Text(""), _calibration(told.calibration))


def _named(card: Scorecard, key: Key) -> str:
    value = getattr(card, key)
    return (
        Side(value).name.lower() if key == "side" else str(value).replace("_", " ") if key == "regime" else str(value)
    )


def _interval(value: float | None, interval: Interval | None) -> str:
    if value is None:
        return ""
    return f"{value:+.2f}" + ("" if interval is None else f" [{interval.low:+.2f}, {interval.high:+.2f}]")


def bar(value: float | None, interval: Interval | None, low: float, high: float) -> Text:
    """Where a figure and its interval lie between *low* and *high*.

    >>> bar(0.5, Interval(0.25, 0.75), 0.0, 1.0).plain
    '·····━━━━━●━━━━━·····'
    """
    cells = ["·"] * _WIDTH

    def place(at: float) -> int:
        return min(_WIDTH - 1, max(0, round((at - low) / (high - low) * (_WIDTH - 1))))

    if value is None:
        return Text(" " * _WIDTH)
    if interval is not None:
        for cell in range(place(interval.low), place(interval.high) + 1):
            cells[cell] = "━"
    cells[place(value)] = "●"
    return Text("".join(cells))


def _calibration(told: Calibration) -> RenderableType:
    """The share that won by the score, 100 being what speaks most for the trade."""
    if told.n == 0:
        return Text("no graded trade had a score: nothing can be said of what a higher one is worth")
    slope = "" if told.slope_per_point is None else f"; a point more goes with {told.slope_per_point:+.4f} R"
    table = Table(
        title=f"Won by score for the trade's own side, {told.n} trades{slope}", title_justify="left", box=None,
        pad_edge=False, header_style="bold",
    )  # fmt: skip
    table.add_column("score", no_wrap=True)
    for name in ("trades", "won, 95 %"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("0 %       50 %    100 %", no_wrap=True)
    table.add_column("mean R, 95 %", justify="right", no_wrap=True)
    for one in told.bins:
        if one.n:
            table.add_row(*_bin(one), style="" if one.is_enough else "dim")
    return table


def _bin(one: Bin) -> tuple[str, str, str, Text, str]:
    won = "too few" if not one.is_enough or one.win_rate is None else f"{one.win_rate * 100:.0f} %"
    if one.is_enough and one.win_interval is not None:
        won += f" [{one.win_interval.low * 100:.0f}, {one.win_interval.high * 100:.0f}]"
    return (
        f"{one.low:.0f} to {one.high:.0f}",
        str(one.n),
        won,
        bar(one.win_rate, one.win_interval, 0.0, 1.0),
        _interval(one.mean_r, one.mean_r_interval),
    )
