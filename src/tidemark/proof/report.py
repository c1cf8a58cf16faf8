"""An audit as a page: Markdown, or HTML that stands alone."""

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from tidemark.errors import SettingsError, StoreError
from tidemark.memory.growth import Growth
from tidemark.units import format_bytes, format_seconds

if TYPE_CHECKING:
    # Only what they are called: other reports draw their tables with this, and audit nothing.
    from tidemark.proof.audit import Report
    from tidemark.proof.canary import Canary

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .8rem;text-align:left;vertical-align:top;"
    "border-bottom:1px solid #ccc}.VALID{color:#b00020;font-weight:600}.INCONCLUSIVE{color:#8a5a00}"
    ".INVALID{color:#1b6e2d}"
)


def facts(report: "Report") -> list[tuple[str, ...]]:
    """What the run was, and what was said of it."""
    grows = "" if report.per_hour is None else f", by {format_bytes(report.per_hour)} an hour"
    return [
        ("run", f"{format_seconds(round(report.seconds))}, {report.messages:,} messages"),
        ("samples", f"{report.samples}, {report.counts} of them whole"),
        ("the process grows", f"{report.verdict.value}{grows}"),
        ("anonymous memory", report.memory.value),
        ("Python's blocks", report.blocks.value),
        *((f"canary in {canary.series}", canary_words(canary)) for canary in report.canaries),
    ]


def canary_words(canary: "Canary") -> str:
    """What became of the planted leak and the planted plateau."""
    seen = f"a leak of {canary.least:,.0f} a run was seen" if canary.least is not None else "no leak was seen"
    return f"{seen}; the plateau is {canary.plateau.value}" + ("" if canary.is_sound else ": the report is void")


def findings_table(report: "Report") -> Table:
    """Every hypothesis, what is wrong first."""
    order = {Growth.VALID: 0, Growth.INCONCLUSIVE: 1, Growth.INVALID: 2}
    findings = sorted(report.findings, key=lambda one: (order[one.verdict], one.hypothesis))
    rows: list[tuple[str, ...]] = [
        (one.hypothesis, one.claim, one.verdict.value, one.words, f"{one.took_ms:.1f}") for one in findings
    ]
    return ("hypothesis", "claim", "verdict", "why", "ms"), rows


def ranked_table(report: "Report") -> Table:
    """Who explains how much of the growth."""
    rows: list[tuple[str, ...]] = [
        (
            suspect.name,
            f"{suspect.per_minute:+,.0f} {suspect.what}",
            format_bytes(suspect.bytes_per_minute) if suspect.bytes_per_minute else "",
            "" if suspect.share is None else f"{suspect.share:.0%}",
        )
        for suspect in report.ranked
    ]
    return ("suspect", "a minute", "bytes a minute", "share of the growth"), rows


def markdown(report: "Report") -> str:
    """The report as Markdown."""
    parts = [f"# Audit: {report.verdict.value}", _plain(report.summary)]
    parts.append("\n".join(f"- {name}: {words}" for name, words in facts(report)))
    if report.ranked:
        parts += ["## Who it is", _markdown_table(ranked_table(report))]
    parts += ["## Hypotheses", _markdown_table(findings_table(report))]
    return "\n\n".join(parts) + "\n"


def _markdown_table(table: Table) -> str:
    head, rows = table
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(_plain(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _plain(text: str) -> str:
    """A name like `<locals>` is no tag."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def html(report: "Report") -> str:
    """The report as a page that fetches nothing."""
    parts = [
        f"<h1>Audit: <span class={report.verdict.value}>{report.verdict.value}</span></h1>",
        f"<p>{escape(report.summary)}</p>",
        html_table((("", ""), facts(report))),
    ]
    if report.ranked:
        parts += ["<h2>Who it is</h2>", html_table(ranked_table(report))]
    parts += ["<h2>Hypotheses</h2>", html_table(findings_table(report))]
    head = f"<meta charset=utf-8><title>Audit: {report.verdict.value}</title><style>{STYLE}</style>"
    return f"<!doctype html><html lang=en>{head}\n" + "\n".join(parts) + "</html>\n"


def html_table(table: Table) -> str:
    """A table of a page; cells that are verdicts have their colour."""
    head, rows = table
    verdicts = {growth.value for growth in Growth}
    heading = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "\n".join(
        "<tr>"
        + "".join(f"<td class={cell}>{cell}</td>" if cell in verdicts else f"<td>{escape(cell)}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    return f"<table><tr>{heading}</tr>\n{body}</table>"


def check_name(file: Path) -> None:
    """SettingsError when *file* says by its ending neither Markdown nor HTML."""
    if file.suffix not in {".md", ".html"}:
        raise SettingsError(f"--report {file}: the ending says what is written; use .md or .html")


def write(report: "Report", file: Path) -> None:
    """Write the report to *file*, in the form that its ending says. StoreError when the disk does not take it."""
    check_name(file)
    text = html(report) if file.suffix == ".html" else markdown(report)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"the report {file} cannot be written: {error.strerror}") from error
