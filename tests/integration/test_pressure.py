"""What is given up really leaves the process, markets that come and go leave nothing behind, and a start that is too
large for its budget lives.

Memory is measured in processes of their own: in this one, other tests have left what they left.
"""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.integration.service import exchange, tidemark

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="pages are given back on Linux alone")
MIB = 1 << 20
HEAD = """
import gc, json
from tests.build import ALL, MIDNIGHT, columns, instrument, T
import numpy as np
from tidemark.engine.intake import BATCH_TRADES, Intake
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.ingest.venues import registry
from tidemark.memory.ledger import Ledger
from tidemark.memory.process import Process
from tidemark.memory.ring import Ring
from tidemark.model.events import Delisting, Listing, Shed, StreamGap, Tick
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

class World:
    def __init__(self, series):
        self.ledger = Ledger()
        size = EngineSize(series=series, retention=ALL, tape_rows=1000, is_numbered=False,
                          batch_trades=BATCH_TRADES, grace_ns=2 * SECOND)
        self.engine = Engine(size, self.ledger)
        self.parser = registry.find("bybit").parser(self.engine.universe.slots)
        self.intake = Intake(self.engine, self.parser, self.ledger, deliver=lambda _: None, reject=print)
        self.ledger.seal()
        self.process = Process()

    def tell(self, kind, at=MIDNIGHT, **fields):
        self.intake.event(kind(ts_event=at, ts_recv=at, **fields))

    def rss(self):
        gc.collect()
        self.process.trim()
        return self.process.resident()

    def anonymous(self):
        gc.collect()
        self.process.trim()
        return self.process.read().anonymous
"""
RELEASE = """
SERIES, FIRST = 200, 150
SYMBOLS = [f"S{n}USDT" for n in range(SERIES)]
world = World(SERIES)
candles = world.engine.candles
for symbol in SYMBOLS:
    world.tell(Listing, instrument=instrument(symbol))
slots = np.arange(SERIES)

def restore(timeframe, seed):
    rows = ALL[timeframe]
    first = MIDNIGHT // timeframe.ns - rows
    for n in range(rows):
        figures = {name: np.full(SERIES, seed + n, np.int32) for name in ("open", "high", "low", "close")}
        figures |= {name: np.full(SERIES, 1.0, np.float32) for name in ("volume", "turnover", "bought")}
        figures["marks"] = np.full(SERIES, 1 | 1 << 4, np.uint32)
        at = np.full(SERIES, (first + n) * timeframe.ns)
        candles.restore(timeframe, slots, at, np.full(SERIES, 0.1), figures)

def closes(timeframe, slot):
    return [round(candle.close * 10) for candle in candles.closed(slot, timeframe, 10_000)]

for timeframe in ALL:
    restore(timeframe, 100)
before = world.rss()
for timeframe in (Timeframe.M30, Timeframe.M15):
    world.tell(Shed, timeframe=timeframe, is_shed=True)
shed = world.rss()
for symbol in SYMBOLS[FIRST:]:
    world.tell(Delisting, symbol=symbol)
released = sum(owner.release_empty() for owner in world.ledger.owners() if isinstance(owner, Ring))
dropped = world.rss()
kept_rows = len(closes(Timeframe.H1, 0)), len(closes(Timeframe.M30, 0))
reserved = world.ledger.reserved_bytes
for timeframe in (Timeframe.M15, Timeframe.M30):
    world.tell(Shed, timeframe=timeframe, is_shed=False)
for symbol in SYMBOLS[FIRST:]:
    world.tell(Listing, instrument=instrument(symbol))
empty = len(closes(Timeframe.H1, FIRST)), sum(candles.held(Timeframe.M30, [0]))
restore(Timeframe.M30, 500)
restore(Timeframe.H1, 900)
back = world.rss()
print(json.dumps({
    "shed": before - shed, "dropped": shed - dropped, "back": before - back, "kept": kept_rows, "empty": empty,
    "same_sum": reserved == world.ledger.reserved_bytes, "released": released,
    "m30": closes(Timeframe.M30, 0) == list(range(500, 500 + ALL[Timeframe.M30])),
    "h1": closes(Timeframe.H1, 199) == list(range(900, 900 + ALL[Timeframe.H1])),
    "m1": closes(Timeframe.M1, 0) == list(range(100, 100 + ALL[Timeframe.M1])),
}))
"""
CHURN = """
world = World(8)
def trade(symbol, number, at):
    return (
        f'{{"topic":"publicTrade.{symbol}","type":"snapshot","ts":{at // 1_000_000},"data":[{{"T":{at // 1_000_000},'
        f'"s":"{symbol}","S":"Buy","v":"0.5","p":"{100 + number % 50}.5","L":"PlusTick","i":"a-{number}","BT":false,'
        f'"seq":{number}}}]}}'
    ).encode()
def ticker(symbol, number, at):
    return (
        f'{{"topic":"tickers.{symbol}","type":"snapshot","ts":{at // 1_000_000},"cs":1,"data":{{"symbol":"{symbol}",'
        f'"lastPrice":"{100 + number % 50}.5","prevPrice24h":"100.5","turnover24h":"5000"}}}}'
    ).encode()
marks = []
number = 0
for join in range(1100):
    at = MIDNIGHT + join * 20 * SECOND
    symbol = f"S{join}USDT"
    if join >= 8:
        world.tell(Delisting, at, symbol=f"S{join - 8}USDT")
    world.tell(Listing, at, instrument=instrument(symbol))
    world.tell(StreamGap, at, venue="bybit", channel="trades", symbols=(symbol,), gap_to=at, cause="start")
    for held in range(max(0, join - 7), join + 1):
        for n in range(10):
            number += 1
            world.intake.frame(trade(f"S{held}USDT", number, at + n * SECOND), at + n * SECOND)
        world.intake.frame(ticker(f"S{held}USDT", number, at), at)
    world.tell(Tick, at + 19 * SECOND)
    if join in (100, 600, 1099):
        marks.append(world.anonymous())
counters = world.engine.counters
print(json.dumps({
    "marks": marks, "trades": counters.trades, "candles": counters.candles, "held": len(world.engine.universe.slots),
    "violations": world.ledger.violations(),
}))
"""


def measured(script: str) -> dict[str, object]:
    told = subprocess.run(
        [sys.executable, "-c", HEAD + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=Path(__file__).parents[2],
    )
    assert told.returncode == 0, told.stderr
    answer: dict[str, object] = json.loads(told.stdout.splitlines()[-1])
    return answer


@LINUX
def test_timeframes_and_markets_that_are_given_up_leave_the_process_and_come_back_right() -> None:
    told = measured(RELEASE)

    # Two timeframes of 672 rows of 32 bytes for 200 markets, but for 4 rows each.
    timeframes = 2 * 200 * (672 - 4) * 32
    # 50 markets: the other six timeframes; and of all 200, none of which has traded: 1,000 trades of 21 bytes, open
    # interest and ratios of a day, the liquidations of a day and the latest hundred.
    unused = 1000 * 21 + 289 * 12 + 289 * 8 + 288 * 20 + 100 * 25
    markets = 50 * (360 + 1440 + 864 + 720 + 360 + 365) * 32 + 200 * unused
    assert isinstance(told["shed"], int)
    assert isinstance(told["dropped"], int)
    assert isinstance(told["back"], int)
    assert 0.9 * timeframes < told["shed"] < 1.1 * timeframes
    assert 0.95 * markets < told["dropped"] < 1.05 * markets
    # All but what the 150 markets that stayed have not used yet.
    assert abs(told["back"] - 150 * unused) < 0.05 * (timeframes + markets)
    assert told["kept"] == [720, 0]
    # A market that joins has nothing; a timeframe that is kept again, the newest four that could still change.
    assert told["empty"] == [0, 4]
    assert (told["same_sum"], told["m30"], told["h1"], told["m1"]) == (True, True, True, True)


@LINUX
def test_a_thousand_joins_and_leaves_leave_nothing_behind() -> None:
    told = measured(CHURN)

    marks = told["marks"]
    assert isinstance(marks, list)
    # Some 70,000 trades in 1,000 markets later: less than one market's share of the rings.
    assert max(marks) - marks[0] < 256 * 1024, marks
    assert told["trades"] == 10 * sum(min(join + 1, 8) for join in range(1100))
    assert isinstance(told["candles"], int)
    assert told["candles"] > 10_000
    assert (told["held"], told["violations"]) == (8, [])


@LINUX
def test_a_budget_that_is_too_small_is_lived_with_and_what_it_cost_is_told(tmp_path: Path) -> None:
    small = ("--symbols", "120", "--rate", "600")
    plan = subprocess.run(
        [sys.executable, "-m", "tidemark", "plan", "--json", "--symbols", "120", "--budget", "4GB"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    planned = json.loads(plan.stdout)
    # Less than what all of it takes, and nothing kept free: it has to give up before the start, and while it runs.
    budget = planned["floor"] + sum(owner["bytes"] for owner in planned["owners"]) - MIB
    with exchange(*small) as made:
        arguments = made.arguments(
            tmp_path, f"memory.budget={budget}", "memory.transient=1MB", "memory.reserve_share=0.0"
        )
        with tidemark(*arguments, "--for", "9s") as process:
            process.wait_for('"connection live"')
            made.switch(burst_s=4.0)
            code, output = process.end()

    summary = json.loads(output)
    assert code == 0
    assert summary["trades"] > 10_000
    assert summary["markets"] >= 120
    assert summary["peak_rss"] <= 1.03 * budget
    assert process.events("given up to fit the budget")[0]["what"] == "give up 30m candles"
    at_run_time = [line["what"] for line in process.events("given up for memory")]
    assert at_run_time[:2] == ["unused memory", "frequent pushes"]
    assert summary["given_up"] == at_run_time
    assert summary["sacrifices"] == len(at_run_time)


def test_markets_that_are_listed_while_it_runs_join_and_those_that_go_leave(tmp_path: Path) -> None:
    # Half an hour between listings goes by in 15 seconds.
    with exchange("--symbols", "12", "--rate", "5", "--speed", "120") as made:
        arguments = made.arguments(tmp_path, "universe.evaluate_every=10s", "universe.overview_every=10s")
        with tidemark(*arguments, "--for", "24s") as process:
            process.wait_for('"market joined"')
            code, output = process.end()

    summary = json.loads(output)
    joined, left = process.events("market joined"), process.events("market left")
    assert code == 0
    at_first = process.events("watching")[0]["markets"]
    assert isinstance(at_first, int)
    assert summary["markets"] == at_first + len(joined) - len(left)
    assert {line["why"] for line in left} <= {"no longer listed", "status"}
    assert {line["why"] for line in joined} == {"watched"}
    assert (summary["decode_errors"], process.events("a bound is broken")) == (0, [])
