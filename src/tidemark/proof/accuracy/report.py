"""An accuracy run as tables, and as a page that fetches nothing: figures, confusion of phases, pictures of ranges."""

import datetime as dt
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from tidemark.analysis.wyckoff.reading import PHASES
from tidemark.errors import SettingsError, StoreError
from tidemark.proof.accuracy.tally import EventScore, PhaseScore, Share
from tidemark.proof.accuracy.tester import Outcome, Picture, Run
from tidemark.proof.report import STYLE, Table, html_table
from tidemark.sim.schematics.label import END, KINDS, NAMES, PHASE
from tidemark.sim.schematics.parameters import REPORT, TUNE, differences
from tidemark.units import SECOND

# What is asked of each event on the report set, and of the phases and negatives.
WANTED_F1 = {
    **dict.fromkeys(KINDS, 0.70), **dict.fromkeys(("CLIMAX", "REACTION", "SPRING", "SIGN_OF_STRENGTH"), 0.80),
}  # fmt: skip
WANTED_PHASES = 0.80
WANTED_SCHEMATICS = 1.0
_READING = (
    "A finding is a hit where event and direction are those of a label at most three bars, or a tenth of the range,"
    " away; each is paired once, the nearest first. Behind each share: its 95 % interval (Wilson; of F1 near"
    " enough). Delay: bars from the event to the close at which it was known, median and 90 %."
)
_WIDTH, _HEIGHT, _VOLUME = 1040, 300, 60
_PICTURE_STYLE = (
    "svg{width:100%;height:auto;background:#fafafa;border:1px solid #ddd}svg text{font:11px system-ui,sans-serif}"
    ".weak{color:#8a5a00}td{font-variant-numeric:tabular-nums}"
)
_PHASE_COLORS = ("none", "#f3e3c3", "#dfe8f2", "#f2dfe6", "#dff0df", "#eeeeee")


def events_table(events: Sequence[EventScore], *, sides: bool) -> Table:
    """Each event: counts, shares with their intervals, delays; *sides*: also each direction by itself."""
    head = ("event", "hits", "false", "missed", "precision", "recall", "F1", "wanted", "delay", "p90")
    rows = [
        (
            one.event.lower().replace("_", " ") if not one.direction else f"· {NAMES[one.event][one.direction < 0]}",
            f"{one.hits:,}", f"{one.false:,}", f"{one.missed:,}", within(one.precision), within(one.recall),
            within(one.f1), "" if one.direction else f"{WANTED_F1[one.event]:.2f}", bars(one.delay_median),
            bars(one.delay_p90),
        )
        for one in events
        if sides or not one.direction
    ]  # fmt: skip
    return head, list(rows)


def negatives_table(outcome: Outcome) -> Table:
    """False alarms by event and negative, a thousand bars; complete schematics, ten thousand."""
    head = ("a 1,000 bars", *(one.name for one in outcome.negatives))
    rows: list[tuple[str, ...]] = [
        (kind.lower().replace("_", " "), *(f"{one.alarms[kind]:.2f}" for one in outcome.negatives)) for kind in KINDS
    ]
    rows.append(("all events", *(f"{one.alarms_in_all:.2f}" for one in outcome.negatives)))
    rows.append(("bars", *(f"{one.bars:,}" for one in outcome.negatives)))
    rows.append(
        (
            "complete schematics a 10,000 bars",
            *(f"{one.schematics_per_10k:.2f} (at most {WANTED_SCHEMATICS:g} wanted)" for one in outcome.negatives),
        )
    )
    return head, rows


def schematics_table(outcome: Outcome) -> Table:
    """What became of the planted schematics."""
    rows: list[tuple[str, ...]] = [
        (one.template.lower().replace("_", " "), f"{one.planted:,}", f"{one.named:,}", f"{one.otherwise:,}",
         f"{one.planted - one.named - one.otherwise:,}")
        for one in outcome.schematics
    ]  # fmt: skip
    return ("template", "planted", "told as such", "told as another", "not told"), rows


def confusion_table(score: PhaseScore) -> Table:
    """Bars by true phase and told phase, as shares of the true one."""
    rows: list[tuple[str, ...]] = []
    for name, counts in zip(PHASES, score.confusion, strict=True):
        total = sum(counts)
        rows.append(
            (name or "none", f"{total:,}", *(f"{100 * count / total:.1f} %" if total else "" for count in counts))
        )
    return ("true phase", "bars", *(f"told {name or 'none'}" for name in PHASES)), rows


def differences_table() -> Table:
    """In what the sets differ."""
    rows: list[tuple[str, ...]] = [(one.parameter.replace("_", " "), one.tune, one.report) for one in differences()]
    return ("parameter", TUNE.name, REPORT.name), rows


def origin(outcome: Outcome) -> str:
    """What was measured on, and what that is worth."""
    made = f"{outcome.bars:,} bars of {outcome.series:,} series"
    if outcome.dataset == REPORT.name:
        return f"{made}, drawn from the report set with seed {outcome.seed}: no threshold was tuned on its figures."
    if outcome.dataset == TUNE.name:
        return f"{made}, drawn from the set that detectors are tuned on with seed {outcome.seed}: not a proof."
    return f"{made}, from {outcome.dataset}."


def _phase_words(known: PhaseScore, drawn: PhaseScore) -> str:
    return (
        f"Right as known at the close of each bar: {known.accuracy:.1%} of all bars, {known.within:.1%} of those in"
        f" planted ranges; as drawn afterwards: {drawn.accuracy:.1%} and {drawn.within:.1%}."
        f" Wanted: {WANTED_PHASES:.0%}."
    )


def within(share: Share) -> str:
    """A share and its interval.

    >>> within(Share(0.5, 0.25, 0.75))
    '.500 .25-.75'
    """
    if share.value is None:
        return "none"
    ends = [f"{end:.2f}".removeprefix("0") for end in (share.low, share.high)]
    return f"{share.value:.3f}".removeprefix("0") + f" {ends[0]}-{ends[1]}"


def bars(delay: float | None) -> str:
    """A delay in bars; a dash where nothing was hit."""
    return "-" if delay is None else f"{delay:g}"


def check_name(file: Path) -> None:
    """SettingsError when *file* does not say by its ending that it is a page."""
    if file.suffix != ".html":
        raise SettingsError(f"--report {file}: accuracy is written as a page; use .html")


def write(run: Run, detector: str, file: Path) -> None:
    """Write the page to *file*. StoreError when the disk does not take it."""
    check_name(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(html(run, detector), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"the report {file} cannot be written: {error.strerror}") from error


def html(run: Run, detector: str) -> str:
    """The page."""
    outcome = run.outcome
    title = f"Wyckoff accuracy of {detector}"
    known, drawn = outcome.phases_known, outcome.phases_drawn
    parts = [
        f"<h1>{escape(title)}</h1><p>{escape(origin(outcome))}</p>",
        f"<p>{_READING}</p>",
        "<h2>Events</h2>", html_table(events_table(outcome.events, sides=True)),
        "<h2>Phases</h2>",
        f"<p>{_phase_words(known, drawn)}</p>",
        "<h3>As known then</h3>", html_table(confusion_table(known)),
        "<h3>As drawn afterwards</h3>", html_table(confusion_table(drawn)),
        "<h2>Schematics</h2>", html_table(schematics_table(outcome)),
        f"<p>Complete schematics that were none: {outcome.false_schematics:,}.</p>",
    ]  # fmt: skip
    if outcome.negatives:
        parts += ["<h2>Where nothing is</h2>", html_table(negatives_table(outcome))]
    parts += [
        "<h2>What the sets are drawn from</h2><p>All else is the same in both; their seeds never meet.</p>",
        html_table(differences_table()),
        "<h2>Ranges</h2><p>Above the bars the truth, below them what was found; shades are the true phases.</p>",
        *(picture(one) for one in run.pictures),
    ]
    head = f"<meta charset=utf-8><title>{escape(title)}</title><style>{STYLE}{_PICTURE_STYLE}</style>"
    return f"<!doctype html><html lang=en>{head}\n" + "\n".join(parts) + "</html>\n"


def picture(one: Picture) -> str:
    """A planted range with its events, true and found, as one SVG."""
    low, high, volume = one.bars.low, one.bars.high, one.bars.volume
    count = len(low)
    bottom, top, most = np.log(low.min()), np.log(high.max()), float(volume.max()) or 1.0
    step = _WIDTH / count

    def x(at: float) -> float:
        return (at - one.begin + 0.5) * step

    def y(price: float) -> float:
        return float(40 + (_HEIGHT - 80) * (1 - (np.log(price) - bottom) / max(top - bottom, 1e-12)))

    parts = [f"<svg viewBox='0 0 {_WIDTH} {_HEIGHT + _VOLUME}' role=img>"]
    rows = [label for label in one.labels if label.event in (PHASE, END)]
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        if row.event == PHASE:
            last = following.at if following is not None else one.begin + count
            parts.append(
                f"<rect x={x(row.at):.1f} y=0 width={(last - row.at) * step:.1f} height={_HEIGHT}"
                f" fill='{_PHASE_COLORS[PHASES.index(row.phase)]}' />"
                f"<text x={x(row.at) + 2:.1f} y=12>{row.phase}</text>"
            )
    first = one.labels[0]
    parts += [
        f"<line x1=0 x2={_WIDTH} y1={y(bound):.1f} y2={y(bound):.1f} stroke=#888 stroke-dasharray=4 />"
        for bound in (first.ice, first.creek)
        if bound > 0
    ]
    for at in range(count):
        up = one.bars.close[at] >= one.bars.open[at]
        color = "#1b6e2d" if up else "#c0392b"
        body = sorted((y(one.bars.open[at]), y(one.bars.close[at])))
        left = at * step
        parts.append(
            f"<path d='M{left + step / 2:.1f} {y(high[at]):.1f}V{y(low[at]):.1f}' stroke='{color}' />"
            f"<rect x={left + step * 0.15:.1f} y={body[0]:.1f} width={step * 0.7:.1f}"
            f" height={max(body[1] - body[0], 0.6):.1f} fill='{color}' />"
            f"<rect x={left + step * 0.15:.1f} y={_HEIGHT + _VOLUME * (1 - volume[at] / most):.1f}"
            f" width={step * 0.7:.1f} height={_VOLUME * volume[at] / most:.1f} fill='#8aa' />"
        )
    for label in one.labels:
        if label.event in NAMES:
            name = NAMES[label.event][label.direction < 0]
            at_y = y(float(high[min(max(label.at - one.begin, 0), count - 1)]))
            parts.append(f"<text x={x(label.at):.1f} y={at_y - 6:.1f} text-anchor=middle fill=#111>{name}</text>")
    for found in one.found:
        name = NAMES[found.event][found.direction < 0]
        at_y = y(float(low[min(max(found.at - one.begin, 0), count - 1)]))
        parts.append(f"<text x={x(found.at):.1f} y={at_y + 14:.1f} text-anchor=middle fill=#1b5e9e>{name}</text>")
    when = dt.datetime.fromtimestamp(int(one.bars.time[0]) / SECOND, dt.UTC).strftime("%Y-%m-%d %H:%M")
    words = f"{first.template.lower().replace('_', ' ')}, {one.symbol} {one.timeframe}, from {when}"
    return f"<h3>{escape(words)}</h3>" + "".join(parts) + "</svg>"
