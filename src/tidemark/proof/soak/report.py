"""A soak as a page that fetches nothing: the verdict, the plots, the faults, the lives."""

from collections import Counter
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from tidemark.errors import SettingsError, StoreError
from tidemark.memory.growth import Growth
from tidemark.plot import Axis, Plot, drawing
from tidemark.proof.audit import Report as Audit
from tidemark.proof.report import STYLE, findings_table, html_table
from tidemark.proof.soak.conductor import Outcome, Sighting
from tidemark.proof.soak.verdict import Judgement
from tidemark.units import MIB, format_bytes, format_seconds

_WIDTH, _HEIGHT = 1040, 190
_COLORS = ("blue", "red", "green", "amber")
_PLOT_STYLE = (
    "svg{width:100%;height:auto;background:#fafafa;border:1px solid #ddd;margin:.2rem 0 1rem}"
    "h3{margin:.8rem 0 0;font-size:1rem}ul{margin:.3rem 0}"
)

# The name of a line, and the figure of a sighting.
Line = tuple[str, Callable[[Sighting], float]]
_PLOTS: tuple[tuple[str, tuple[Line, ...]], ...] = (
    (
        "Memory, MB",
        (
            ("RSS", lambda one: one.rss / MIB),
            ("anonymous", lambda one: one.anonymous / MIB),
            ("owners of the ledger", lambda one: one.used / MIB),
        ),
    ),
    ("Memory of the process of the alerts, MB", (("RSS", lambda one: one.facts.alerts_resident / MIB),)),
    ("Memory that belongs to no owner, MB", (("unaccounted", lambda one: one.facts.unaccounted / MIB),)),
    ("Python's blocks, thousands", (("blocks", lambda one: one.blocks / 1000),)),
    ("Tasks and descriptors", (("tasks", lambda one: one.tasks), ("descriptors", lambda one: one.descriptors))),
    ("Out of order", (("books out of sync", lambda one: one.facts.books_out), ("stale", lambda one: one.facts.stale))),
)


def check_name(file: Path) -> None:
    """SettingsError when *file* does not say by its ending that it is a page."""
    if file.suffix != ".html":
        raise SettingsError(f"--report {file}: a soak is written as a page; use .html")


def write(outcome: Outcome, judgement: Judgement, audited: Audit | None, file: Path) -> None:
    """Write the page to *file*. StoreError when the disk does not take it."""
    check_name(file)
    try:
        file.write_text(html(outcome, judgement, audited), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"the report {file} cannot be written: {error.strerror}") from error


def html(outcome: Outcome, judgement: Judgement, audited: Audit | None) -> str:
    """The page."""
    word = ("passed" if judgement.is_conclusive else "passed, as far as it can tell") if judgement.passes else "failed"
    style = Growth.INVALID if judgement.passes else Growth.VALID
    plan = outcome.plan
    title = f"Soak: {plan.hours:g} h of {plan.venue}, {plan.symbols} markets, seed {plan.seed}"
    points: list[tuple[str, ...]] = [(point.name, point.verdict.value, point.words) for point in judgement.points]
    parts = [
        f"<h1>{escape(title)}: <span class={style.value}>{word}</span></h1>",
        html_table((("", ""), facts(outcome))),
        "<h2>What had to be so</h2><p>Each line names what would be wrong: INVALID is as it should be.</p>",
        html_table((("hypothesis", "verdict", "figures"), points)),
        *_details(judgement),
        "<h2>Over time</h2><p>Hours of market; upright lines are the ends of a life, ticks are faults.</p>",
        *(f"<h3>{escape(name)}</h3>{_plot(outcome, name, lines)}" for name, lines in _PLOTS),
        "<h2>What went wrong on purpose</h2>",
        html_table((("fault", "times", "seconds in all"), _faults(outcome))),
    ]
    if audited is not None:
        parts += ["<h2>The audit of the longest life</h2>", html_table(findings_table(audited))]
    head = f"<meta charset=utf-8><title>{escape(title)}</title><style>{STYLE}{_PLOT_STYLE}</style>"
    return f"<!doctype html><html lang=en>{head}\n" + "\n".join(parts) + "</html>\n"


def facts(outcome: Outcome) -> list[tuple[str, ...]]:
    """What the soak was."""
    last = {one.life: one.facts for one in outcome.sightings}
    messages = sum(one.messages for one in last.values())
    return [
        ("simulated", f"{outcome.simulated_s / 3600:.2f} h in {format_seconds(round(outcome.elapsed_s))}"),
        ("messages", f"{messages:,}, {messages / max(outcome.simulated_s, 1.0):,.0f} a simulated second"),
        ("requests", f"{outcome.requests:,}"),
        ("trades", f"{sum(one.trades for one in last.values()):,}"),
        ("candles closed", f"{sum(one.candles for one in last.values()):,}"),
        ("gaps in the ledger", f"{outcome.candles.gaps:,}"),
        ("notifications sent", f"{outcome.delivered.sent:,}, of {outcome.delivered.events:,} events"),
        ("faults", f"{len(outcome.plan.faults):,}"),
        ("budget", format_bytes(outcome.budget)),
        ("CPU time of the service", format_seconds(round(outcome.service_cpu_s))),
        ("the service waited", format_seconds(round(outcome.service_waited_s))),
        ("the exchange waited", format_seconds(round(outcome.exchange_waited_s))),
    ]  # fmt: skip


def _details(judgement: Judgement) -> list[str]:
    told = [point for point in judgement.points if point.details]
    return [
        f"<h3>{escape(point.name)}</h3><ul>{''.join(f'<li>{escape(words)}</li>' for words in point.details)}</ul>"
        for point in told
    ]


def _faults(outcome: Outcome) -> list[tuple[str, ...]]:
    counts, seconds = Counter[str](), Counter[str]()
    for fault in outcome.plan.faults:
        counts[fault.kind] += 1
        seconds[fault.kind] += round(fault.for_s)
    return [(kind, str(count), str(seconds[kind])) for kind, count in sorted(counts.items())]


def _plot(outcome: Outcome, name: str, lines: Sequence[Line]) -> str:
    looks = outcome.sightings
    hours = max(outcome.simulated_s / 3600, 1e-9)
    values = [[of(one) for one in looks] for _, of in lines]
    top = max((max(row, default=0.0) for row in values), default=0.0) * 1.05 or 1.0
    low = min(0.0, *(min(row, default=0.0) for row in values))
    plot = Plot(_WIDTH, _HEIGHT, Axis(0.0, hours), Axis(low, top))
    plot.grid([low + (top - low) * step / 4 for step in range(5)], lambda value: f"{value:,.4g}")
    plot.foot([(hours * step / 8, f"{hours * step / 8:.4g} h") for step in range(9)])
    for fault in outcome.plan.faults:
        plot.upright(fault.at_s / 3600, "soft", tall=5)
    for end in outcome.ends[:-1]:
        plot.upright(end.at_s / 3600, "soft", dash="3 3")
    for color, row in zip(_COLORS, values, strict=False):
        for life in sorted({one.life for one in looks}):
            seen = zip(looks, row, strict=True)
            plot.line([(one.at_s / 3600, value) for one, value in seen if one.life == life], color)
    plot.legend([(line, color) for (line, _), color in zip(lines, _COLORS, strict=False)])
    return drawing(_WIDTH, _HEIGHT, name, [plot])
