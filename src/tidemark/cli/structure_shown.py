"""What `tidemark wyckoff` shows of structure: of a running process, or of candles in files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from tidemark.analysis.wyckoff import profile, view
from tidemark.analysis.wyckoff.engine import Structure
from tidemark.analysis.wyckoff.kept import Kept
from tidemark.analysis.wyckoff.market import Candles, Scan, Scanned, Structured
from tidemark.analysis.wyckoff.told import EventView, RangeView, Reading
from tidemark.errors import CaptureError, SettingsError
from tidemark.live.questions import StructureTold
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.signals.structure_trades import RULES
from tidemark.units import MILLISECOND, format_seconds

SHOWN_CANDLES = 400
SHOWN_PAST = 3
_WHAT = {"deeper": "went deeper", "withdrawn": "taken back", "failed": "failed in the end"}


def from_files(folder: Path, symbol: str, timeframe: Timeframe, name: str) -> Structured:
    """The structure of a market whose candles lie in files, by the profile of this name."""
    from tidemark.backtest.candle_files import longer, markets

    chosen = profile.load(name)
    shorter = [one for one in reversed(list(Timeframe)) if one.ns <= timeframe.ns and timeframe.ns % one.ns == 0]
    seen: set[str] = set()
    for candles in (one for step in shorter for one in markets(folder, step)):
        seen.add(candles.symbol)
        if candles.symbol != symbol:
            continue
        bars = candles if candles.timeframe is timeframe else longer(candles, timeframe)
        figures = bars.figures
        ledger = Ledger()
        made = Structure("wyckoff", series=1, timeframe_ns=timeframe.ns, profile=chosen, ledger=ledger)
        kept = Kept("wyckoff/past", series=1, ledger=ledger)
        columns = [figures[one] for one in ("open", "high", "low", "close", "volume")]
        kept.take(made.take(np.zeros(len(bars.time), np.int32), bars.time, *columns), bars.time)
        own = view.Bars(time=bars.time, high=figures["high"], low=figures["low"], close=figures["close"])
        last = {one: figures[one][-SHOWN_CANDLES:].tolist() for one in ("open", "high", "low", "close", "volume")}
        return Structured(
            symbol=symbol, timeframe=timeframe, timeframes=[timeframe], higher=None,
            reading=view.read(made, kept, 0, own, timeframe.ns),
            candles=Candles(time_ms=(bars.time[-SHOWN_CANDLES:] // MILLISECOND).tolist(), **last),
        )  # fmt: skip
    some = ", ".join(sorted(seen)[:10]) or "no market with such candles"
    raise CaptureError(f"{folder} holds no {symbol} in {timeframe.value} candles or shorter; it holds {some}")


def as_structure(told: Structured) -> RenderableType:
    """A market: its range and phase, what happened, the cause, and what to watch for."""
    reading = told.reading
    head = Text(f"{told.symbol} {told.timeframe.value}", style="bold")
    parts: list[RenderableType] = [head, *_range_lines(told), Text("")]
    if reading.events:
        parts += [_events_table(reading), Text("")]
    if reading.past:
        parts += [Text(line) for line in _past_lines(reading)]
        parts.append(Text(""))
    parts += [Text(f"watch: {line}") for line in reading.next]
    parts.append(Text(f"profile {reading.profile}, {reading.bars:,} bars read", style="dim"))
    return Group(*parts)


def _range_lines(told: Structured) -> list[Text]:
    reading, there = told.reading, told.reading.range
    if reading.bars < reading.warm_up:
        return [Text(f"warming up: {reading.bars} of {reading.warm_up} candles")]
    if there is None:
        waits = "" if reading.waiting is None else f"; {reading.waiting}"
        changes = () if reading.candidate is None else reading.candidate.revisions
        return [Text(f"no trading range{waits}"), *(Text(f"  revised: {one.words}") for one in changes)]
    likely = ", ".join(f"{name} {share:.0%}" for name, share in there.likelihoods.items() if share >= 0.005)
    parts = ", ".join(f"{one.name} {one.points:.0f}/{one.most:.0f}" for one in there.parts)
    place = f"ice {there.ice:.6g}, creek {there.creek:.6g}, {there.width_atr:.1f} ATR wide"
    held = f"{there.contained:.0%} of closes inside, {there.touches[0]} + {there.touches[1]} touches"
    lines = [
        f"phase {there.phase}{f' ({likely})' if likely else ''}, leaning {_leaning(reading.direction)}",
        *_phase_lines(there),
        f"range from a {there.origin} {there.bars} bars ago: {place}, {held}",
        *([] if there.is_confirmed else ["  not confirmed yet: each bound is to be touched twice, in turn"]),
        f"quality {there.quality:.0f} of 100: {parts}",
    ]
    if reading.schematic is not None:
        like = reading.schematic
        lines.append(f"most like {like.template.replace('_', ' ').lower()}: {like.score:.0%}")
    if reading.cause is not None:
        cause = reading.cause
        ends = [
            f"{name} {price:.6g}"
            for name, price in (
                ("conservative", cause.conservative), ("halfway", cause.halfway), ("maximum", cause.maximum)
            )
            if price is not None
        ]  # fmt: skip
        lines.append(
            f"cause: {cause.columns} columns of {cause.box_percent:.2g} % x {cause.reversal} at {cause.line:.6g}:"
            f" {', '.join(ends) or 'no end above nothing'}{'' if cause.is_whole else ' (bars before it are gone)'}"
        )
    if reading.jump is not None:
        lines.append(f"jump target {reading.jump:.6g}")
    if told.higher is not None:
        agreement = {None: "says nothing to it", True: "agrees", False: "is against it"}[told.higher.agrees]
        lines.append(
            f"{told.higher.timeframe.value}: {f'phase {told.higher.phase}' if told.higher.phase else 'no range'},"
            f" {agreement}"
        )
    return [Text(line) for line in lines]


def _past_lines(reading: Reading) -> list[str]:
    """The ranges that are over, the newest first, with why they ended."""
    return [
        f"before: {one.ice:.6g} to {one.creek:.6g} from {_time(one.begin_ms)} to {_time(one.ended_ms)}: {one.reason}"
        for one in reversed(reading.past[-SHOWN_PAST:])
    ]


def _phase_lines(there: RangeView) -> list[str]:
    """Each phase with why it was entered, which is why the one before was left."""
    return [f"  {one.phase} since {_time(one.begin_ms)}: {one.entered}" for one in there.phases]


def _leaning(direction: int) -> str:
    return {1: "up", -1: "down", 0: "nowhere yet"}[direction]


def _events_table(reading: Reading) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    for name in ("event", "at (UTC)", "known", "level", "sure", ""):
        table.add_column(name, justify="right" if name in {"known", "level", "sure"} else "left", no_wrap=True)
    for one in reversed(reading.events):
        later = (one.confirmed_ms - one.at_ms) / 1000.0
        known = f"+{format_seconds(later)}" if later else "at once"
        table.add_row(
            one.name, _time(one.at_ms), known, f"{one.level:.6g}",
            "" if one.confidence is None else f"{one.confidence:.0%}",
            one.id if one.revision is None else f"{one.id}, {_WHAT[one.revision.what]}",
        )  # fmt: skip
    return table


def as_event(told: Structured, wanted: str) -> RenderableType:
    """One event, by its name or id: each rule with what was measured."""
    one = _event(told.reading.events, wanted)
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    for name in ("rule", "measured", "", "asked", ""):
        table.add_column(name, justify="right" if name in {"measured", "asked"} else "left")
    for rule in one.rules:
        verdict = ("passed" if rule.passed else "failed") + ("" if rule.required else ", not required")
        table.add_row(
            rule.text, _figure(rule.measured, rule.unit), rule.sense, _figure(rule.threshold, rule.unit), verdict
        )
    facts = ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in one.facts.items())
    words = "" if one.confidence is None else (
        f"; {one.confidence:.0%} of such events were planted ones where that was measured"
    )  # fmt: skip
    return Group(
        Text(f"{one.title} ({one.name}) of {told.symbol} {told.timeframe.value}, phase {one.phase}", style="bold"),
        Text(f"at {_time(one.at_ms)} at {one.level:.6g}, known at the close of {_time(one.confirmed_ms)}{words}"),
        *_revision_lines(one),
        Text(""), table, Text(""), Text(f"measured: {facts}", style="dim"), *_as_trade(told, one),
    )  # fmt: skip


def _as_trade(told: Structured, one: EventView) -> list[RenderableType]:
    """What the rule of signals that reads such events says of it, check by check; of the newest of its name alone."""
    rule = next((rule for rule, (turn, _) in RULES.items() if turn == one.name.lower()), None)
    if rule is None or not isinstance(told, StructureTold):
        return []
    if one is not [event for event in told.reading.events if event.name == one.name][-1]:
        return [Text(""), Text(f"as a trade: {rule} judges the newest {one.name} alone")]
    checks = next((judged.checks for judged in told.judged if judged.rule == rule), None)
    if checks is None:
        return [Text(""), Text(f"as a trade: {rule} does not read it, or not in {told.timeframe.value} candles")]
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    for name in ("validator", "check", "measured", "", "asked", ""):
        table.add_column(name, justify="right" if name in {"measured", "asked"} else "left")
    for check in checks:
        measured = "unknown" if check.measured is None else f"{check.measured:.3g}"
        verdict = "passed" if check.passed else "refused"
        table.add_row(check.validator, check.text, measured, check.sense, f"{check.threshold:.3g}", verdict)
    refused = sum(not check.passed for check in checks)
    words = f"refused by {refused} of {len(checks)} checks" if refused else "all checks pass"
    return [Text(""), Text(f"as a trade by {rule}: {words}", style="bold"), table]


def _revision_lines(one: EventView) -> list[Text]:
    """How it changed after it was known."""
    if one.revision is None:
        return []
    change = one.revision
    return [Text(f"revised: {change.words}, known at the close of {_time(change.known_ms)}")]


def _event(events: Sequence[EventView], wanted: str) -> EventView:
    for one in reversed(events):
        if wanted.lower() in {one.name.lower(), one.id}:
            return one
    there = ", ".join(one.id for one in events) or "none"
    raise SettingsError(f"--explain {wanted}: there is no such event among those that are kept: {there}")


def as_scan(told: Scan, rows: Sequence[Scanned], top: int) -> RenderableType:
    """Markets side by side, those in a range first, the newest event first."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    for name in (
        "market",
        "phase",
        "leans",
        "event",
        "ago",
        "sure",
        "quality",
        "price",
        "ice",
        "creek",
        "like",
        "longer",
    ):
        table.add_column(name, justify="left" if name in {"market", "leans", "event", "like", "longer"} else "right")
    order = sorted(rows, key=lambda one: (one.creek is None, one.newest.bars_ago if one.newest else 10**9, one.symbol))
    for one in order[:top]:
        event = one.newest
        longer = "" if one.higher is None or not one.higher.phase else (
            f"{one.higher.phase} {({None: '', True: 'agrees', False: 'against'})[one.higher.agrees]}"
        )  # fmt: skip
        table.add_row(
            one.symbol, one.phase or "-", {1: "up", -1: "down", 0: "-"}[one.direction],
            "-" if event is None else event.name, "-" if event is None else str(event.bars_ago),
            "-" if event is None or event.confidence is None else f"{event.confidence:.0%}",
            "-" if one.quality is None else f"{one.quality:.0f}", _price(one.price), _price(one.ice), _price(one.creek),
            "-" if one.schematic is None else f"{one.schematic.replace('_', ' ').lower()} {one.score or 0:.0%}", longer,
        )  # fmt: skip
    ranges = sum(one.creek is not None for one in rows)
    words = f"{len(rows)} markets in {told.timeframe.value} candles, {ranges} of them in a range"
    if told.warming_up:
        words += f"; {told.warming_up} have not had enough candles yet"
    return Group(table, Text(""), Text(words + f"; shown: {min(top, len(rows))}", style="dim"))


def _price(price: float | None) -> str:
    return "-" if price is None else f"{price:.6g}"


def _figure(value: float, unit: str) -> str:
    return f"{100.0 * (np.exp(value) - 1.0):.2f} %" if unit == "%" else f"{value:.3g}{f' {unit}' if unit else ''}"


def _time(time_ms: int) -> str:
    return str(np.datetime64(time_ms, "ms").astype("datetime64[m]")).replace("T", " ")


def show(drawn: RenderableType) -> None:
    """Print it."""
    Console().print(drawn, highlight=False)
