"""Each fault, against the service as a process of its own, over real sockets and by the clock on the wall.

Nothing crashes, nothing is invented, every loss is in the gap ledger, and the candles that closed equal the exchange's
own except where the ledger says otherwise. What was recorded of such a run replays to the same candles. Each fault on
each channel of each venue is in `tests/simulation`, which waits for nobody.
"""

import json
import signal
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from tests.integration.service import LIMIT_S, ROW, Exchange, closed_rows, exchange, known_gaps, replayed_rows, tidemark

from tidemark.model.candle import Origin
from tidemark.model.gap import Gap
from tidemark.proof.simulation.pair import VENUES
from tidemark.proof.simulation.schedule import CHANNELS, SWITCHES
from tidemark.settings.settings import load
from tidemark.sim.faults import Faults
from tidemark.units import MILLISECOND, MINUTE, SECOND

# All of them run side by side; so many start at the same time, which is the dear part of it.
STARTING = threading.Semaphore(3)
# The fault is on for so long, and then there is time to notice, to close the minute and to mend it.
FAULT_S = 40.0
AFTER_S = 85.0
# What closed later than this before the end may not be mended yet.
MENDED_S = 20.0
SYMBOLS = 4


class Cell(NamedTuple):
    """One fault on one channel of one venue; `faults` are switched on, then off again."""

    venue: str
    name: str
    faults: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.venue}-{self.name}"


NARROWED = ("silent", "duplicate", "reorder", "delay", "gap", "malformed")
CELLS = [
    Cell(venue, name, SWITCHES[name] | ({"channels": [CHANNELS[venue][number % 4]]} if name in NARROWED else {}))
    for number, name in enumerate(SWITCHES)
    for venue in [VENUES[number % 2]]
] + [
    Cell("binance", "none", {}),
    Cell("bybit", "drop once", {"drop_once": True}),
    Cell("bybit", "burst", {"burst_s": 5.0}),
]
OFF = {name: value for name, value in msgspec.structs.asdict(Faults()).items() if name != "burst_s"}


class Run(NamedTuple):
    """What one cell left behind.

    rows: timeframe, symbol and open time to what the journal has last, by `ROW`, prices in ticks; truth: symbol and
    open time of a minute to open, high, low, close and volume; until: when the last of these rows had to be mended.
    """

    code: int
    summary: dict[str, Any]
    broken_bounds: list[dict[str, object]]
    rows: dict[tuple[str, str, int], list[Any]]
    ticks: dict[tuple[str, str, int], float]
    replayed: dict[tuple[str, str, int], list[Any]]
    truth: dict[tuple[str, int], tuple[float, ...]]
    gaps: list[Gap]
    until: int
    lines: list[str]


def klines(made: Exchange, venue: str, symbol: str) -> dict[tuple[str, int], tuple[float, ...]]:
    """Open, high, low, close, volume of the newest minutes, as the exchange has them."""
    name = urllib.parse.quote(symbol)
    query = (
        f"/v5/market/kline?category=linear&symbol={name}&interval=1&limit=15"
        if venue == "bybit"
        else f"/fapi/v1/klines?symbol={name}&interval=1m&limit=15"
    )
    with urllib.request.urlopen(f"{made.rest}{query}", timeout=LIMIT_S) as answer:  # noqa: S310
        told = json.load(answer)
    rows = told["result"]["list"] if venue == "bybit" else told
    return {
        (symbol, int(row[0]) * MILLISECOND): tuple(float(row[column]) for column in (1, 2, 3, 4, 5)) for row in rows
    }


def lived(cell: Cell, folder: Path) -> Run:
    """One service through one fault."""
    flags = {
        "venue.name": cell.venue, "candles.timeframes": "10s,1m,5m", "reconcile.every": "10s",
        "universe.spare_slots": "4",
    }  # fmt: skip
    chosen = tuple(f"{name}={value}" for name, value in flags.items())
    arguments = ("--venue", cell.venue, "--symbols", str(SYMBOLS), "--rate", "40", "--seed", "5")
    with ExitStack() as stack:
        with STARTING:
            made = stack.enter_context(exchange(*arguments))
            options = made.arguments(folder / "store", *chosen)[3:]
            process = stack.enter_context(tidemark("capture", str(folder / "recording"), "--json", *options))
            process.wait_for('"history complete"')
        made.switch(**cell.faults)
        time.sleep(FAULT_S)
        made.switch(**OFF)
        time.sleep(AFTER_S)
        until = time.time_ns() - round(MENDED_S * SECOND)  # noqa: TID251 - the exchange lives by this clock
        code, output, _ = process.stop(signal.SIGTERM)
        rows = closed_rows(folder / "store")
        names = sorted({symbol for _, symbol, _ in rows})
        truth = {key: row for name in names for key, row in klines(made, cell.venue, name).items()}
    return Run(
        code,
        json.loads(output),
        process.events("a bound is broken"),
        {key: [row[name].item() for name in ROW] for key, row in rows.items()},
        {key: float(row["tick_size"]) for key, row in rows.items()},
        replayed_rows(folder / "recording", load(None, {}, flags).settings),
        truth,
        known_gaps(folder / "store"),
        until,
        process.lines,
    )


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Run]]]:
    """All cells that were asked for, side by side."""
    asked = {item.callspec.params["cell"].id for item in request.session.items if item.fspath == request.fspath}  # type: ignore[attr-defined]
    cells = [cell for cell in CELLS if cell.id in asked]
    with ThreadPoolExecutor(len(CELLS)) as pool:
        yield {cell.id: pool.submit(lived, cell, tmp_path_factory.mktemp("cell")) for cell in cells}


def is_lost(run: Run, symbol: str, opens: int) -> bool:
    """Whether the ledger says that trades of that minute are missing."""
    return any(
        gap.symbol == symbol
        and gap.channel == "trades"
        and (gap.lost > 0 or gap.gap_to is None)
        and gap.gap_from < opens + MINUTE
        and (gap.gap_to is None or gap.gap_to > opens)
        for gap in run.gaps
    )


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.id)
def test_a_fault_costs_nothing_that_the_ledger_does_not_name(cell: Cell, runs: dict[str, Future[Run]]) -> None:
    run = runs[cell.id].result()

    assert (run.code, run.broken_bounds) == (0, []), run.lines[-20:]
    ours = {key[1:]: row for key, row in run.rows.items() if key[0] == "1m"}
    ticks = {key[1:]: tick for key, tick in run.ticks.items() if key[0] == "1m"}
    first = min(opens for _, opens in ours)
    due = {key: row for key, row in run.truth.items() if first <= key[1] <= run.until - MINUTE}
    assert len(due) >= SYMBOLS, run.lines[-20:]
    wrong = []
    for (symbol, opens), (opened, *exact) in due.items():
        row = dict(zip(ROW, ours.get((symbol, opens), [0] * len(ROW)), strict=True))
        tick, origin = ticks.get((symbol, opens), 0.0), Origin(row["marks"] & 7)
        high, low, close = (row[name] * tick for name in ("high", "low", "close"))
        if cell.venue == "bybit":
            # Its candles open at the close before them, and their high and low take that in.
            high, low = max(high, opened), min(low, opened)
        figures = [high, low, close, row["volume"]]
        is_whole = origin not in {Origin.ABSENT, Origin.PARTIAL, Origin.PROVISIONAL}
        if not (is_whole and figures == pytest.approx(exact)) and not is_lost(run, symbol, opens):
            wrong.append((symbol, (opens - first) // MINUTE, origin.name, figures, exact))
    assert wrong == [], "\n".join(map(str, [*wrong, *run.gaps, *run.lines[-20:]]))


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.id)
def test_what_was_recorded_of_it_replays_to_the_same_candles(cell: Cell, runs: dict[str, Future[Run]]) -> None:
    run = runs[cell.id].result()

    assert len(run.rows) > SYMBOLS * 6
    assert {key: run.replayed.get(key) for key in run.rows} == run.rows
