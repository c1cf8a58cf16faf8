"""`tidemark signals`: what was signalled, what became of it, and why."""

import time
from contextlib import suppress
from typing import Annotated

import msgspec
import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from tidemark.cli.kept import KeptSignals, begin_of, kept_signals, moment
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError, UnknownSignalError
from tidemark.model.signal import Outcome, Plan, Side, Signal, Stage, Transition
from tidemark.signals.replaying import says_again
from tidemark.signals.rules import registry
from tidemark.units import format_age, format_seconds

# A screen shows so many; `--json` gives all of them.
_SHOWN = 60
_EVERY_S = 1.0
_COLOURS = {Side.LONG: "green", Side.SHORT: "red", Side.NEUTRAL: ""}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which signals."""

    rule: str | None
    symbol: str | None
    only_open: bool


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A signal, and where it stands since `moved_at` (ns)."""

    signal: Signal
    stage: Stage
    moved_at: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A signal with all that is known of it. null: what came of the random entry against it.

    says_again: whether the rule, as it is now, says the same of what it had read.
    """

    signal: Signal
    stage: Stage
    moved_at: int
    transitions: tuple[Transition, ...]
    outcome: Outcome | None
    null: Outcome | None
    says_again: bool


def command(
    action: Annotated[
        str | None, typer.Argument(metavar="ACTION", help="show: all that is known of one.", show_default=False)
    ] = None,
    identity: Annotated[
        str | None, typer.Argument(metavar="ID", help="The signal to show.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Only this market.", show_default=False)] = None,
    rule: Annotated[str | None, typer.Option(help="Only this rule.", show_default=False)] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only what was raised in the last TIME, like 24h.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Only what can still become something.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with what comes, until Ctrl-C.")] = False,
    json: JsonOption = False,
) -> None:
    """Print the signals, the newest first: what a rule said of which market, the plan of the trade, where it stands.

    It reads what the service writes down, whether or not one is running. With --watch and --json one object a line.

    Examples:
      tidemark signals --open

      tidemark signals --since 24h --rule confluence --json

      tidemark signals --watch

      tidemark signals show BTCUSDT-confluence-long-1700000000
    """
    if action not in {None, "show"} or (action == "show") != (identity is not None):
        raise SettingsError(
            f"signals {action or ''} is not understood; write `tidemark signals` or `... signals show ID`"
        )
    if rule is not None and rule not in registry.names():
        raise SettingsError(f"--rule {rule!r} is not known; there are: {', '.join(registry.names())}")
    chosen = settings(config, set_, {"venue.name": venue}).settings
    begin = begin_of(since, SystemClock().now_ns())
    with kept_signals(chosen) as kept:
        if identity is not None:
            told = find(kept, identity)
            print_json(told) if json else Console().print(_as_text(told))
            return
        wanted = Wanted(rule=rule, symbol=symbol.upper() if symbol is not None else None, only_open=open_)
        if watch:
            with suppress(KeyboardInterrupt):
                _follow(kept, wanted, begin, json=json)
            return
        found = listed(kept, wanted, begin, None if json else _SHOWN + 1)
    _tell(found, json=json, filtered=bool(symbol or rule or since or open_), where=str(chosen.store.path))


def listed(kept: KeptSignals | None, wanted: Wanted, since: int | None, most: int | None) -> list[Listed]:
    """The signals that match, the newest first."""
    if kept is None:
        return []
    from tidemark.store import signal_rows

    with kept.read() as connection:
        found = signal_rows.signals(connection, kept.venue, since=since, most=most, **msgspec.structs.asdict(wanted))
        return [Listed(signal=one.signal, stage=one.stage, moved_at=one.moved_at) for one in found]


def find(kept: KeptSignals | None, identity: str) -> Told:
    """All that is known of one; UnknownSignalError where there is none of that id."""
    if kept is not None:
        from tidemark.store import signal_rows

        with kept.read() as connection:
            found = signal_rows.find(connection, kept.venue, identity)
            if found is not None:
                outcomes = signal_rows.outcomes_of(connection, kept.venue, identity)
                return Told(
                    signal=found.signal,
                    stage=found.stage,
                    moved_at=found.moved_at,
                    transitions=tuple(signal_rows.transitions(connection, kept.venue, identity)),
                    outcome=next((one for one in outcomes if not one.is_null), None),
                    null=next((one for one in outcomes if one.is_null), None),
                    says_again=says_again(found.signal),
                )
    raise UnknownSignalError(f"there is no signal {identity[:120]!r}; `tidemark signals` lists those that there are")


def _follow(kept: KeptSignals | None, wanted: Wanted, since: int | None, *, json: bool) -> None:
    """What comes from now on, oldest first; with *since*, what came since then before it."""
    if kept is None:
        raise SettingsError("no service has kept anything there yet; `tidemark run` begins one")
    console = Console()
    begin = SystemClock().now_ns() if since is None else since
    seen: dict[str, int] = {}  # bounded: those that were raised since `begin`
    while True:
        for one in reversed(listed(kept, wanted, begin, None)):
            if seen.get(one.signal.id) != one.moved_at:
                seen[one.signal.id] = one.moved_at
                print_json(one) if json else console.print(_line(one), soft_wrap=True)
        time.sleep(_EVERY_S)


def _tell(found: list[Listed], *, json: bool, filtered: bool, where: str) -> None:
    console = Console()
    if json:
        print_json(found)
    elif found:
        console.print(_table(found[:_SHOWN]))
        if len(found) > _SHOWN:
            console.print(f"the newest {_SHOWN} are shown; --json gives all of them")
    elif filtered:
        console.print("no signal matches; without options all of them are listed")
    else:
        console.print(
            f"no signal is known in {where}: `tidemark run` writes one down whenever a rule finds what it looks for,"
            " some minutes after its start at the soonest; `tidemark rules` lists them",
            soft_wrap=True,
        )


def _table(found: list[Listed]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("raised (UTC)", no_wrap=True)
    table.add_column("id", overflow="fold")
    table.add_column("stage", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("entry, stop, targets", overflow="fold")
    for one in found:
        signal = one.signal
        table.add_row(
            moment(signal.at),
            Text(signal.id, _COLOURS[signal.side]),
            one.stage.value,
            "" if signal.score is None else f"{signal.score:.1f}",
            "" if signal.plan is None else _prices(signal.plan),
        )
    return table


def _prices(plan: Plan) -> str:
    return ", ".join(f"{price:.12g}" for price in (plan.entry, plan.stop, *plan.targets))


def _line(one: Listed) -> Text:
    signal = one.signal
    return Text.assemble(
        f"{moment(one.moved_at)}  {one.stage.value:<11}  ",
        (f"{signal.symbol} {signal.rule} {signal.name}", _COLOURS[signal.side]),
        f"  {signal.sentence}  {signal.id}",
    )


def _as_text(told: Told) -> RenderableType:
    """All of it, one thing beneath the other."""
    signal = told.signal
    head = Text.assemble(
        (f"{signal.symbol} {signal.rule} {signal.name}", f"bold {_COLOURS[signal.side]}"),
        f"  raised {moment(signal.at)} UTC, {told.stage.value} since {moment(told.moved_at)}",
    )
    score = "unknown" if signal.score is None else f"{signal.score:.1f}"
    parts: list[RenderableType] = [
        head, Text(signal.sentence), Text(f"score {score}, regime {signal.regime.replace('_', ' ')}", "dim"), Text(""),
        _reads(signal),
    ]  # fmt: skip
    if signal.plan is not None:
        parts += [Text(""), _plan(signal.plan)]
    parts += [Text(""), _moves(told.transitions)] if told.transitions else []
    for title, outcome in (("what came of it", told.outcome), ("the random entry against it", told.null)):
        if outcome is not None:
            parts += [Text(""), _outcome(title, outcome)]
    again = "says the same of these figures" if told.says_again else "would say otherwise, or reads other figures"
    return Group(*parts, Text(f"\nthe rule, as it is now, {again}", "dim"))


def _reads(signal: Signal) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("it read", no_wrap=True)
    table.add_column("figure", justify="right")
    table.add_column("age", justify="right")
    for read in signal.reads:
        table.add_row(read.name, f"{read.value:.8g}", format_age(read.age_s))
    limits = "  ".join(f"{name}={value:g}" for name, value in signal.limits.items())
    table.caption = f"held against  {limits}"
    table.caption_justify = "left"
    return table


def _plan(plan: Plan) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("plan", "price", "net of costs"):
        table.add_column(name, justify="left" if name == "plan" else "right")
    table.add_row("entry", f"{plan.entry:.12g}", "")
    table.add_row("stop", f"{plan.stop:.12g}", f"{plan.loss:+.2f} R")
    for number, (target, reward) in enumerate(zip(plan.targets, plan.rewards, strict=True), 1):
        table.add_row(f"target {number}", f"{target:.12g}", f"{reward:+.2f} R")
    by = "the last swing" if plan.is_structural else "average true ranges"
    table.caption = (
        f"1 R is {plan.risk:.6g}, the stop by {by}; to be entered until {moment(plan.wait_until)}, closed at"
        f" {moment(plan.expires_at)}"
    )
    table.caption_justify = "left"
    return table


def _moves(transitions: tuple[Transition, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("then (UTC)", "stage", "because"):
        table.add_column(name, no_wrap=True)
    table.add_column("price", justify="right")
    for one in transitions:
        price = "" if one.price is None else f"{one.price:.12g}"
        table.add_row(moment(one.at), one.now.value, one.reason.value.replace("_", " "), price)
    return table


def _outcome(title: str, one: Outcome) -> Text:
    result = "not entered" if one.net_r is None else f"{one.net_r:+.2f} R net, {one.gross_r:+.2f} R gross"
    words = [f"{title}: {one.stage.value}, {result}"]
    if one.duration_s is not None:
        words.append(f"in {format_age(one.duration_s)}")
    if one.mfe_r is not None and one.mae_r is not None:
        words.append(f"{one.mfe_r:.2f} R for it and {one.mae_r:.2f} R against it at most")
    if one.forward:
        returns = ", ".join(f"{format_seconds(each.horizon_s)} {each.net * 100:+.2f} %" for each in one.forward)
        words.append(f"net returns after {returns}")
    if one.unseen_s > 0.0:
        words.append(f"{format_age(one.unseen_s)} of it were not seen")
    return Text("; ".join(words) + ("" if one.is_final else " (not final)"))
