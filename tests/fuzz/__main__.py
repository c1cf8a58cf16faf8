"""`python -m tests.fuzz`: feeds damaged input to everything that reads input of others, until its time is over."""

import argparse
import base64
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from tests.fuzz.child import Finding, Options, Told
from tests.fuzz.corpus import DATA
from tests.fuzz.parent import ROOT, Listen, Outcome, run, run_all
from tests.fuzz.target import load, names

from tidemark.errors import SettingsError
from tidemark.units import MIB, format_bytes, parse_seconds

_EXAMPLES = """\
Examples:
  python -m tests.fuzz                             all of them, 60 s each, two at a time
  python -m tests.fuzz file_state --for 10m        one, for longer
  python -m tests.fuzz --seed 7 --inputs 5000      the same 5,000 inputs whenever it is run
  python -m tests.fuzz file_state --input FILE     one input again; a text in base64 instead of a file does as well
"""
_FOUND = ROOT / "build" / "fuzz"


def main(arguments: list[str]) -> int:
    """Run what *arguments* name; the exit code is 1 when anything was found, or a target took nothing at all."""
    given = _parser().parse_args(arguments)
    chosen = given.name or names()
    unknown = [name for name in chosen if name not in names() and "." not in name]
    if unknown:
        print(f"there is no target {', '.join(unknown)}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    try:
        seconds = parse_seconds(given.seconds)
    except SettingsError as error:
        print(f"--for: {error}", file=sys.stderr)
        return 2
    options = Options(
        target="", seed=given.seed, seconds=seconds, inputs=given.inputs, patience_s=given.patience,
        source=given.source, fence=given.fence * MIB, follow=given.follow,
    )  # fmt: skip
    if given.input is not None:
        return _replay(chosen, given.input, options)
    plans = [msgspec.structs.replace(options, target=name) for name in chosen]
    where = DATA if DATA.is_dir() else "the local exchange, as there are no recordings"
    print(f"seed {given.seed}, {seconds:g} s a target, {given.jobs} at a time; corpus from {where}", file=sys.stderr)
    with _bar(plans) as listen:
        outcomes = run_all(plans, given.jobs, _environment(given.source), listen)
    _print(outcomes, as_json=given.json)
    # Last: of a long log, it is the end that is read.
    sys.stdout.flush()
    for outcome in outcomes:
        for finding in outcome.findings:
            _tell(outcome.target, finding)
        if not outcome.is_sound and not outcome.findings:
            said = outcome.stderr.strip() or "none of its inputs was of any use"
            print(f"\n{outcome.target} is no target that finds anything: {said}", file=sys.stderr)
    return 0 if all(outcome.is_sound for outcome in outcomes) else 1


def _parser() -> argparse.ArgumentParser:
    lines = [f"  {name:17s} {(load(name).__doc__ or '').partition(chr(10))[0]}" for name in names()]
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description="Feed damaged input to everything that reads what others wrote; look for faults, hangs and memory.",
        epilog=f"{_EXAMPLES}\nTargets:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="*", metavar="TARGET", help="which; all without any")
    parser.add_argument("--for", dest="seconds", default="60s", metavar="TIME", help="time for each (60s)")
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time (2)")
    parser.add_argument("--seed", type=int, default=1, help="of the inputs (1)")
    parser.add_argument("--inputs", type=int, default=0, help="at most so many for each target")
    parser.add_argument("--follow", type=int, default=16, help="follow every so-many-th input line by line; 0: none")
    parser.add_argument("--patience", type=float, default=10.0, help="seconds after which an input hangs (10)")
    parser.add_argument("--fence", type=int, default=1024, help="MB that a target may map; 0: no fence (1024)")
    parser.add_argument("--source", default="", help="the folder that the package has to come from, compiled")
    parser.add_argument("--input", metavar="FILE|BASE64", help="feed this one input to TARGET, and say what came of it")
    parser.add_argument("--json", action="store_true", help="print one JSON object a target instead of a table")
    return parser


def _environment(source: str) -> dict[str, str]:
    return dict(os.environ) | ({"PYTHONPATH": source} if source else {})


@contextmanager
def _bar(plans: list[Options]) -> Iterator[Listen]:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:17}"),
        BarColumn(),
        TextColumn("{task.fields[did]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks = {
            plan.target: progress.add_task(plan.target, total=plan.seconds, visible=False, did="") for plan in plans
        }
        lock = Lock()

        def listen(name: str, told: Told) -> None:
            with lock:
                did = f"{told.inputs:,} inputs" + (" FOUND" if told.finding else "")
                progress.update(tasks[name], completed=told.seconds, visible=True, did=did)
                if told.finding is not None:
                    print(f"{name}: {told.finding.kind} at {told.finding.where}: {told.finding.what}", file=sys.stderr)

        yield listen


def _tell(name: str, finding: Finding) -> None:
    """Say what was found, and how to see it again."""
    _FOUND.mkdir(parents=True, exist_ok=True)
    place = _FOUND / f"{name}-{zlib.crc32(finding.data):08x}.bin"
    place.write_bytes(finding.data)
    print(f"\n{name}: {finding.kind} at {finding.where}: {finding.what}", file=sys.stderr)
    print(f"  {len(finding.data)} bytes: {finding.data[:160]!r}", file=sys.stderr)
    again = str(place.relative_to(ROOT))
    if len(finding.data) <= 600:
        again = base64.b64encode(finding.data).decode() or '""'
    print(f"  again: .venv/bin/python -m tests.fuzz {name} --input {again}", file=sys.stderr)


def _print(outcomes: list[Outcome], *, as_json: bool) -> None:
    if as_json:
        for outcome in outcomes:
            sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
        return
    table = Table(title="Fuzzing: what was fed, and what came of it", title_style="bold")
    for heading in ("target", "inputs", "accepted", "refused", "branches", "seconds", "RSS", "found"):
        table.add_column(heading, justify="left" if heading == "target" else "right", no_wrap=True)
    for outcome in outcomes:
        told = outcome.told
        cells = ["-"] * 6
        if told is not None:
            cells = [f"{number:,}" for number in (told.inputs, told.accepted, told.refused, told.branches)]
            cells += [f"{told.seconds:.0f}", format_bytes(told.rss)]
        found = len(outcome.findings)
        table.add_row(
            outcome.target, *cells, f"[red]{found}[/]" if found else "0" if outcome.is_sound else "[red]dead[/]"
        )
    console = Console()
    Console(width=None if console.is_terminal else 120).print(table)


def _replay(chosen: list[str], text: str, options: Options) -> int:
    """Feed one input to one target, in a child like any other; the exit code is 1 when it shows a fault."""
    if len(chosen) != 1:
        print("--input needs one TARGET", file=sys.stderr)
        return 2
    try:
        data = Path(text).read_bytes() if Path(text).is_file() else base64.b64decode(text, validate=True)
    except (OSError, ValueError) as error:
        print(f"--input is neither a file nor base64: {error}", file=sys.stderr)
        return 2
    options = msgspec.structs.replace(options, target=chosen[0], only=data)
    outcome = run(options, _environment(options.source), lambda name, told: None)
    print(outcome.stderr, file=sys.stderr, end="")
    for finding in outcome.findings:
        print(f"{finding.kind} at {finding.where}: {finding.what}")
    if not outcome.findings:
        print("taken" if outcome.told is not None and outcome.told.accepted else "refused")
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
