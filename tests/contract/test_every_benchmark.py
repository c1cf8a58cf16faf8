"""Whatever module is put into `benchmarks/` is found, has the shape of a benchmark, and can be run by its name."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from benchmarks.base import Benchmark, Plan, Result, load, names
from benchmarks.material.books import DEPTH, bybit_books
from benchmarks.material.frames import START_NS, binance, bybit
from benchmarks.material.market import intake

from tidemark.ingest.venues.registry import find
from tidemark.model.events import Trade
from tidemark.units import SECOND

_ROOT = Path(__file__).resolve().parents[2]
_CHEAP = [name for name in names() if load(name).IS_CHEAP]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_those_of_the_targets_are_there() -> None:
    known = {
        "backfill", "book", "close_minute", "dedup", "exchange", "fast_path", "idle_memory", "ingest", "market_memory",
        "probe", "receive", "restart",
    }  # fmt: skip
    assert known <= set(names())


@pytest.mark.parametrize("name", names())
def test_a_benchmark_says_what_it_measures_and_whether_it_is_cheap(name: str) -> None:
    benchmark: Benchmark = load(name)

    assert benchmark.__doc__ is not None
    assert len(benchmark.__doc__.splitlines()[0]) > 20
    assert isinstance(benchmark.IS_CHEAP, bool)
    assert benchmark.GATE in {"quick", "full", None}
    assert callable(benchmark.run)


@pytest.mark.parametrize("name", _CHEAP)
def test_a_cheap_benchmark_prints_one_valid_object_a_line(name: str) -> None:
    done = run(name, "--quick", "--json")

    assert done.returncode in {0, 1}, done.stderr
    results = [msgspec.json.decode(line, type=Result) for line in done.stdout.splitlines()]
    assert results
    for result in results:
        assert result.name.partition("/")[0] == name
        assert result.value is not None
        assert result.value > 0
        assert result.n >= 1


def test_the_table_has_a_row_for_each_result() -> None:
    done = run("dedup", "--quick")

    assert "dedup/numbered" in done.stdout
    assert "dedup/hashed" in done.stdout
    assert "dedup ..." in done.stderr


def test_help_shows_examples_and_every_benchmark() -> None:
    done = run("--help")

    assert "Examples:" in done.stdout
    assert all(name in done.stdout for name in names())


def test_an_unknown_name_is_refused() -> None:
    done = run("dedupe")

    assert done.returncode == 2
    assert "dedupe" in done.stderr


@pytest.mark.parametrize(
    ("unit", "value", "is_met"),
    [("trades/s", 11.0, True), ("trades/s", 9.0, False), ("MB", 9.0, True), ("MB", 11.0, False), ("times", 10.0, True)],
)
def test_a_speed_is_to_reach_its_target_and_a_cost_to_stay_below(unit: str, value: float, is_met: bool) -> None:
    assert Result(name="x", value=value, unit=unit, target=10.0).is_met is is_met


def test_without_a_target_nothing_is_met_or_missed() -> None:
    assert Result(name="x", value=1.0, unit="us").is_met is None
    assert Result(name="x", value=None, unit="times", target=3.0).is_met is None


def test_a_quick_plan_takes_the_smaller_number() -> None:
    assert Plan(is_quick=True).choose(10, 2) == 2
    assert Plan(is_quick=False).choose(10, 2) == 10


@pytest.mark.parametrize(("venue", "make"), [("bybit", bybit), ("binance", binance)])
def test_the_frames_are_what_the_strict_parser_reads(venue: str, make: type) -> None:
    frames = make(300, 3)

    parser = find(venue).parser({})
    trades = [event for payload in frames.payloads for event in parser.parse(payload, START_NS)]

    assert all(isinstance(event, Trade) for event in trades)
    assert len(trades) == frames.trades
    assert len({(event.symbol, event.trade_id) for event in trades if isinstance(event, Trade)}) == (
        frames.trades - frames.duplicates
    )
    assert parser.skipped == 0
    assert all(START_NS <= event.ts_event < START_NS + 3 * SECOND for event in trades)


def test_the_same_seed_gives_the_same_frames() -> None:
    assert bybit(50, 1).payloads == bybit(50, 1).payloads
    assert bybit(50, 1, seed=2).payloads != bybit(50, 1).payloads


@pytest.mark.parametrize(("venue", "make"), [("bybit", bybit), ("binance", binance)])
def test_the_intake_of_the_benchmarks_takes_every_trade_once(venue: str, make: type) -> None:
    frames = make(2000, 2)
    made = intake(find(venue))

    for now_ns, payloads in frames.seconds_of():
        for payload in payloads:
            made.frame(payload, now_ns)
    made.flush()

    assert made.engine.counters.trades == frames.trades - frames.duplicates
    assert made.engine.counters.duplicates == frames.duplicates
    assert frames.duplicates > 0


def test_the_book_frames_lead_to_the_books_that_they_were_made_from() -> None:
    frames = bybit_books(3000)
    made = intake(find("bybit"), book_depth=DEPTH)

    for payload in (*frames.snapshots, *frames.deltas):
        made.frame(payload, START_NS)
    made.flush()

    books = made.engine.books
    assert books is not None
    assert (books.counters.snapshots, books.counters.deltas, books.counters.breaks) == (560, 3000, {})
    for symbol, (bids, asks) in frames.books.items():
        held = books.levels(made.engine.universe.slots[symbol], DEPTH)
        assert held is not None
        assert held.bids.tolist() == [list(level) for level in bids]
        assert held.asks.tolist() == [list(level) for level in asks]
    assert sum(payload.count(b'["') - 2 for payload in frames.deltas) / 3000 == pytest.approx(12, abs=0.5)
