"""`python -m benchmarks.check`: this tree and the last release side by side, in one run; fails when ours is slower."""

import argparse
import sys
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.base import Benchmark, load, names, say
from benchmarks.check.compare import Comparison, Row, rounds
from benchmarks.check.release import Base, NoBaseError, base_of, tree_of
from benchmarks.check.side import SideError
from benchmarks.check.verdict import FULL, QUICK, Gate, Outcome

_ROOT = Path(__file__).resolve().parents[2]
_NOTHING_TO_COMPARE = 3
_EXAMPLES = """\
Examples:
  python -m benchmarks.check                    against the last release; fails below 0.9
  python -m benchmarks.check --quick            two minutes at most; fails below 0.6
  python -m benchmarks.check dedup --base main  one benchmark, against another commit

Exit codes: 0 nothing is slower, 1 something is, 2 wrong arguments, 3 there is nothing to compare with.
"""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, for `--json`. `only_in_base`: benchmarks that the base has and this tree has not; not judged."""

    base: Base
    limit: float
    is_slower: bool
    rows: list[Row]
    only_in_base: list[str]


def main(arguments: list[str]) -> int:
    """Compare as *arguments* say; the exit code is 1 when something is slower than the limit allows."""
    given = _parser().parse_args(arguments)
    gate = QUICK if given.quick else FULL
    gate = Gate(limit=given.limit or gate.limit, sure=gate.sure, rounds=given.rounds or gate.rounds)
    chosen = given.name or [name for name in names() if _is_gated(load(name), is_quick=given.quick)]
    try:
        base = base_of(_ROOT, given.base)
        say(f"against {base.commit[:12]}: {base.why}")
        tree = tree_of(_ROOT, base)
    except NoBaseError as error:
        say(f"there is nothing to compare with: {error}")
        return _NOTHING_TO_COMPARE
    comparison = Comparison(chosen, limit=gate.limit, sure=gate.sure)
    try:
        _run(comparison, tree / "src", gate.rounds)
    except SideError as error:
        say(f"the two sides cannot be compared: {error}")
        return 1
    rows = comparison.rows()
    is_slower = bool(comparison.failed) or any(
        row.verdict is not None and row.verdict.outcome is Outcome.SLOWER for row in rows
    )
    kept = {path.stem for path in (tree / "benchmarks").glob("*.py")}
    gone = sorted(kept - {path.stem for path in (_ROOT / "benchmarks").glob("*.py")})
    report = Report(base=base, limit=gate.limit, is_slower=is_slower, rows=rows, only_in_base=gone)
    if given.json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        _print(report)
    return int(is_slower)


def _is_gated(benchmark: Benchmark, *, is_quick: bool) -> bool:
    return benchmark.GATE == "quick" or (benchmark.GATE == "full" and not is_quick)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.check",
        description="Hold this tree against the last release: the same benchmarks over both, in turn, in CPU time.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    gated = [name for name in names() if load(name).GATE]
    parser.add_argument("name", nargs="*", choices=[*gated, []], metavar="NAME", help=f"which of: {', '.join(gated)}")
    parser.add_argument("--base", default="", metavar="COMMIT", help="another commit than the last release")
    parser.add_argument("--quick", action="store_true", help="the quick ones, with a limit that noise does not reach")
    parser.add_argument("--limit", type=float, help=f"fail below this ratio ({FULL.limit}; quick: {QUICK.limit})")
    parser.add_argument("--rounds", type=int, help=f"at most so many rounds ({FULL.rounds}; quick: {QUICK.rounds})")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    return parser


def _run(comparison: Comparison, base: Path, most: int) -> None:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("rounds", total=most)
        for number in rounds(
            comparison, _ROOT / "src", base, most, lambda name: progress.update(task, description=name)
        ):
            progress.update(task, completed=number)
            if not console.is_terminal:
                say(f"round {number}: {len(comparison.open_names())} of the benchmarks are not decided")


def _print(report: Report) -> None:
    table = Table(title=f"This tree against {report.base.commit[:12]}, {report.base.why}", title_style="bold")
    for heading in ("benchmark", "ours", "base", "ratio", "95 %", "pairs", "sure", ""):
        is_right = heading in {"ours", "base", "ratio", "pairs", "sure"}
        table.add_column(heading, justify="right" if is_right else "left", no_wrap=heading != "")
    colours = {Outcome.FINE: "green", Outcome.SLOWER: "red", Outcome.UNDECIDED: "yellow"}
    for row in report.rows:
        verdict = row.verdict
        if verdict is None:
            table.add_row(row.name, *[""] * 6, row.note)
            continue
        table.add_row(
            row.name,
            f"{_number(row.ours)} {row.unit}",
            _number(row.base),
            f"{verdict.ratio:.3f}",
            f"{verdict.low:.3f} to {verdict.high:.3f}",
            str(verdict.pairs),
            f"{100 * verdict.sure:.1f} %",
            f"[{colours[verdict.outcome]}]{verdict.outcome.value}[/]",
        )
    for name in report.only_in_base:
        table.add_row(name, *[""] * 6, "only in the base: not judged")
    console = Console()
    Console(width=None if console.is_terminal else 150).print(table)
    console.print(f"ratio: above 1, ours is faster; below {report.limit:g} fails, when that is sure enough")


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
