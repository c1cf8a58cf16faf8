"""`python -m benchmarks`: run one benchmark, or all of them, as a table or as one JSON object a line."""

import argparse
import sys

import msgspec
import structlog
from rich.console import Console
from rich.table import Table

import tidemark  # noqa: F401 - before numpy: what is measured has as many threads as the product has
from benchmarks.base import Plan, Result, load, names, say

_EXAMPLES = """\
Examples:
  python -m benchmarks                      all of them, one table
  python -m benchmarks ingest               frames to candles, and the peers beside it
  python -m benchmarks idle_memory --quick  half a minute instead of ten
  python -m benchmarks dedup --json         one object a line
"""


def main(arguments: list[str]) -> int:
    """Run what *arguments* name; the exit code is 1 when a target was missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure Tidemark against its targets and its peers, in CPU time.",
        epilog=f"{_EXAMPLES}\nBenchmarks:\n{_list()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="*", choices=[*names(), []], metavar="NAME", help="which; all without any")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line instead of a table")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter repetitions, for a first impression")
    given = parser.parse_args(arguments)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    results = []
    for name in given.name or names():
        say(f"{name} ...")
        for result in load(name).run(Plan(is_quick=given.quick)):
            results.append(result)
            if given.json:
                sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
                sys.stdout.flush()
    if not given.json:
        console = Console()
        # A log or a pipe has no width of its own; the table is not cut down to that of a typewriter.
        Console(width=None if console.is_terminal else 150).print(_table(results))
    return 1 if any(result.is_met is False for result in results) else 0


def _list() -> str:
    lines = []
    for name in names():
        summary = (load(name).__doc__ or "").partition("\n")[0]
        lines.append(f"  {name:14s} {summary}")
    return "\n".join(lines)


def _table(results: list[Result]) -> Table:
    table = Table(title="Benchmarks: medians, of CPU time where it is a speed", title_style="bold")
    for heading in ("benchmark", "value", "target", "peer", "ratio", "RSS", "n", ""):
        right = heading in {"value", "target", "ratio", "RSS", "n"}
        table.add_column(heading, justify="right" if right else "left", no_wrap=right)
    for result in results:
        peer = result.peer or ""
        if result.peer_value is not None:
            peer += f": {_number(result.peer_value)}"
        elif peer:
            peer += ": absent"
        table.add_row(
            result.name,
            f"{_number(result.value)} {result.unit}" if result.value is not None else "",
            _number(result.target),
            peer,
            _number(result.ratio),
            f"{result.rss_mb:.0f} MB" if result.rss_mb is not None else "",
            str(result.n),
            {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[result.is_met],
        )
    return table


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
