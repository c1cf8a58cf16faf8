"""A process that is killed without warning and started again: what it knew is there, what it missed is mended or told.

One run of each kind is made for each venue, all at the same time, since what they wait for is the minute of a clock:
"killed" dies while all is well, "cut off" dies while the exchange does not answer. The tests look at what was left.
"""

import json
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.integration.service import Exchange, Process, closed_rows, tidemark

from tidemark.clock import SystemClock
from tidemark.market.five_minutes import POINTS
from tidemark.market.open_interest import OpenInterestSeries
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.gap import Gap
from tidemark.model.signal import OFF, Record, Signal, Transition
from tidemark.signals.followed import Followed, Saved
from tidemark.store.gap_log import read_gaps
from tidemark.store.signal_log import Place, records_since
from tidemark.store.state import State, StateFile
from tidemark.units import MILLISECOND, MINUTE, SECOND

VENUES = ("bybit", "binance")
KINDS = ("killed", "cut off")
SIM = ("--symbols", "6", "--rate", "300", "--with-parent")
# The second run is not to ask for open interest: what it knows of the past it knows from the first one.
AGAIN = ("derivatives.open_interest=false",)
# Whatever a score of candles says is a signal, as soon as the past is there.
EAGER = (
    *(f"rules.confluence.{name}" for name in (
        "warm_up=5s", "cooldown=10s", "enter=50", "leave=50", "coverage=0", "coverage_kept=0", "agreement=0",
        "in_illiquid=true", "against_trend=true",
    )),
    *(f"analysis.weights.{name}=0" for name in ("order_flow", "order_book", "sentiment")),
    "signals.fee_bps=0",
    "signals.slippage_bps=0",
)  # fmt: skip
# Two minutes of a clock are waited for, and the state is written once a minute.
LIMIT_NS = 120 * SECOND
CLOCK = SystemClock()
Key = tuple[str, str, int]


@dataclass(kw_only=True)
class Story:
    """What became of one service. `missed` are the open times of the minutes that the first run did not see whole."""

    venue: str
    kind: str
    folder: Path
    exchange: Exchange
    sim: Process
    symbols: list[str] = field(default_factory=list, repr=False)
    told_before: list[Record] = field(default_factory=list, repr=False)
    told_after: list[Record] = field(default_factory=list, repr=False)
    before: dict[Key, Any] = field(default_factory=dict, repr=False)
    after: dict[Key, Any] = field(default_factory=dict, repr=False)
    state: State | None = field(default=None, repr=False)
    state_after: State | None = field(default=None, repr=False)
    killed_ms: int = 0
    again_ms: int = 0
    ledger: list[dict[str, Any]] = field(default_factory=list, repr=False)
    klines: dict[tuple[str, int], tuple[float, ...]] = field(default_factory=dict, repr=False)
    summary: dict[str, Any] = field(default_factory=dict, repr=False)
    process: Process | None = None

    @property
    def place(self) -> Path:
        """Where the service keeps what it keeps: below its folder, by the name and the address of the exchange."""
        (journal,) = self.folder.glob("*/journal")
        return journal.parent

    @property
    def missed(self) -> range:
        """Open times, in nanoseconds, of the minutes from the one of the kill to the one of the second start."""
        first, last = (at * MILLISECOND // MINUTE * MINUTE for at in (self.killed_ms, self.again_ms))
        return range(first, last + 1, MINUTE)

    def run(self, stack: ExitStack, *settings: str) -> None:
        arguments = self.exchange.arguments(self.folder, f"venue.name={self.venue}", *EAGER, *settings)
        self.process = stack.enter_context(tidemark(*arguments))

    def now_ms(self) -> int:
        """The exchange's time."""
        now = self.exchange.status()["now_ms"]
        assert isinstance(now, int)
        return now

    def wait(self, until: Callable[[], bool]) -> None:
        """Until that holds; the process has to live on."""
        assert self.process is not None
        deadline = CLOCK.monotonic_ns() + LIMIT_NS
        while not until():
            assert self.process.child.poll() is None, (self.venue, self.kind, self.process.lines)
            assert CLOCK.monotonic_ns() < deadline, (self.venue, self.kind, self.process.lines)
            time.sleep(0.1)

    def written(self) -> State | None:
        return StateFile(self.place / "state").read()

    def gaps(self) -> list[Gap]:
        """The newest word on each gap of the trades."""
        found: dict[tuple[str, int], Gap] = {}
        for path in sorted((self.place / "gaps").glob("*.gaps")):
            for gap, _ in read_gaps(path):
                if gap is not None and gap.channel == "trades":
                    found[gap.symbol, gap.gap_from] = gap
        return list(found.values())

    def told(self) -> list[Record]:
        """All that was signalled, and what became of it."""
        return list(records_since(self.place / "signals", Place("", 0)))

    def is_complete(self) -> bool:
        """Whether the past has been fetched."""
        assert self.process is not None
        return any('"history complete"' in line for line in list(self.process.lines))

    def has_seen(self) -> bool:
        """Whether each market has a candle of ten seconds that was seen whole."""
        rows = closed_rows(self.folder).items()
        return {symbol for (name, symbol, _), row in rows if name == "10s" and is_whole(row)} >= set(self.symbols)

    def has_lived(self) -> bool:
        """Whether a minute has passed, of which there are candles, and the state was written."""
        kept = self.written()
        if kept is None:
            return False
        if self.kind == "cut off":
            return "trades" in {gap["channel"] for gap in json.loads(kept.texts["open_gaps"])}
        return self.has_seen() and any(isinstance(one, Signal) and one.plan for one in self.told())

    def is_mended(self) -> bool:
        """Whether nothing of what was missed is left to mend."""
        late = [gap for gap in self.gaps() if self.is_over(gap.gap_from, gap.gap_to)]
        return {gap.symbol for gap in late} >= set(self.symbols) and not any(
            gap.lost or gap.gap_to is None for gap in late
        )

    def is_over(self, gap_from: int, gap_to: int | None) -> bool:
        """Whether a gap is one that lasted from the first run into the second."""
        killed, again = self.killed_ms * MILLISECOND, self.again_ms * MILLISECOND
        return gap_from < killed and (gap_to is None or gap_to > again)

    def asked(self, symbol: str) -> Iterator[tuple[int, tuple[float, ...]]]:
        """The exchange's own last minutes: when they open, open, high, low, close, volume, turnover."""
        if self.venue == "bybit":
            path = f"/v5/market/kline?category=linear&symbol={symbol}&interval=1&limit=20"
        else:
            path = f"/fapi/v1/klines?symbol={symbol}&interval=1m&limit=20"
        with urllib.request.urlopen(self.exchange.rest + path, timeout=30) as answer:  # noqa: S310 - of this machine
            told = json.load(answer)
        for row in told["result"]["list"] if self.venue == "bybit" else told:
            turnover = row[6] if self.venue == "bybit" else row[7]
            yield int(row[0]) * MILLISECOND, tuple(float(one) for one in (*row[1:6], turnover))


def is_whole(row: Any) -> bool:
    return int(row["marks"]) & 7 in {Origin.TRADES, Origin.EXCHANGE, Origin.REPAIRED}


def figures(row: Any) -> tuple[float, ...]:
    """Those of a row of the journal as the exchange tells them."""
    prices = (float(row[name]) * float(row["tick_size"]) for name in ("open", "high", "low", "close"))
    return (*prices, float(row["volume"]), float(row["turnover"]))


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Story]:
    """What was left of each service in the end."""
    with ExitStack() as stack:
        made = []
        for venue in VENUES:
            for kind in KINDS:
                folder = tmp_path_factory.mktemp(f"{venue}-{kind.replace(' ', '-')}")
                sim = stack.enter_context(tidemark("sim", "--json", "--venue", venue, *SIM))
                made.append(Story(venue=venue, kind=kind, folder=folder, exchange=Exchange(sim), sim=sim))
        for story in made:
            story.run(stack)
        for story in made:
            # Four services begin at once, on whatever machine this is.
            story.wait(story.is_complete)
            story.symbols = sorted(story.exchange.status()["trades"])  # type: ignore[call-overload]
        for story in made:
            if story.kind == "cut off":
                # Something has to be seen whole before the exchange goes.
                story.wait(story.has_seen)
        for story in made:
            if story.kind == "cut off":
                story.sim.child.send_signal(signal.SIGSTOP)
        for story in made:
            story.wait(story.has_lived)
        for story in made:
            assert story.process is not None
            # An exchange that stands still tells no time; its clock is that of this machine.
            story.killed_ms = CLOCK.now_ns() // MILLISECOND
            story.process.child.kill()
            story.process.child.wait()
            story.before, story.state, story.told_before = closed_rows(story.folder), story.written(), story.told()
            story.sim.child.send_signal(signal.SIGCONT)
        for story in made:
            while story.now_ms() // 60_000 == story.killed_ms // 60_000:
                time.sleep(0.1)
            story.run(stack, *AGAIN)
            story.again_ms = story.now_ms()
        for story in made:
            story.wait(story.is_mended)
        for story in made:
            assert story.process is not None
            code, output, _ = story.process.stop(signal.SIGTERM)
            assert code == 0, story.process.lines
            story.summary = json.loads(output)
            story.after, story.state_after, story.told_after = closed_rows(story.folder), story.written(), story.told()
            _, *options = story.exchange.arguments(story.folder, f"venue.name={story.venue}")
            with tidemark("gaps", *(option for option in options if option != "--no-tui")) as told:
                code, output = told.end()
            assert code == 0, told.lines
            story.ledger = json.loads(output)
            story.klines = {(symbol, at): row for symbol in story.symbols for at, row in story.asked(symbol)}
        return {(story.venue, story.kind): story for story in made}


each = pytest.mark.parametrize(("venue", "kind"), [(venue, kind) for venue in VENUES for kind in KINDS])
Stories = dict[tuple[str, str], Story]


@each
def test_candles_of_before_are_as_before(stories: Stories, venue: str, kind: str) -> None:
    story = stories[venue, kind]
    whole = {key: row for key, row in story.before.items() if is_whole(row)}

    assert {name for name, *_ in whole} == {"10s", "1m", "5m"}
    assert {symbol for _, symbol, _ in whole} >= set(story.symbols)
    # Thousands of rows: only those that differ are worth telling.
    changed = [
        (key, row, story.after[key]) for key, row in whole.items() if row.tobytes() != story.after[key].tobytes()
    ]
    assert changed == []
    assert story.summary["restored"] >= len(whole)


@each
def test_what_was_missed_is_in_the_ledger_and_mended(stories: Stories, venue: str, kind: str) -> None:
    story = stories[venue, kind]
    over = [
        gap
        for gap in story.ledger
        if gap["channel"] == "trades"
        and gap["symbol"] in story.symbols
        and story.is_over(gap["gap_from"], gap["gap_to"])
    ]

    assert sorted(gap["symbol"] for gap in over) == story.symbols
    for gap in over:
        # The feed is whole again once it is subscribed, which takes longer than starting the process.
        assert gap["gap_to"] is not None
        assert (gap["lost"], gap["repair"]) in {(0, "trades"), (0, "klines")}
        assert gap["repaired"] >= len(story.missed) - 1
        assert (gap["cause"] == "restart") == (kind == "killed")


@each
def test_the_minutes_that_were_missed_are_those_of_the_exchange(stories: Stories, venue: str, kind: str) -> None:
    story = stories[venue, kind]

    assert len(story.missed) >= 2
    for symbol in story.symbols:
        for at in story.missed:
            row = story.after["1m", symbol, at]
            assert is_whole(row), (symbol, at, int(row["marks"]) & 7)
            # Volumes are kept in single precision.
            assert figures(row) == pytest.approx(story.klines[symbol, at], rel=1e-6), (symbol, at)


@pytest.mark.parametrize("venue", VENUES)
def test_a_gap_that_was_open_when_the_process_died_keeps_its_beginning_and_its_cause(
    stories: Stories, venue: str
) -> None:
    story = stories[venue, "cut off"]
    assert story.state is not None

    opened = json.loads(story.state.texts["open_gaps"])
    names = {(gap["symbol"], gap["channel"]): gap for gap in opened if gap["symbol"] in story.symbols}

    assert {symbol for symbol, channel in names if channel == "trades"} == set(story.symbols)
    told = {(gap["symbol"], gap["channel"], gap["gap_from"]): gap for gap in story.ledger}
    for (symbol, channel), gap in names.items():
        same = told[symbol, channel, gap["gap_from"]]
        assert same["cause"] == gap["cause"]
        # The second run ended it, and nothing else did.
        assert same["gap_to"] is None or same["gap_to"] > story.again_ms * MILLISECOND


def followed(state: State) -> set[str]:
    """The ids of the trades that are followed."""
    told = msgspec.json.decode(state.texts["signals"])["signals"]["followed"]
    made = Followed(capacity=4096, ledger=Ledger())
    assert made.resume(msgspec.convert(told, Saved)) == 0
    used = np.flatnonzero(made.columns["is_used"]).tolist()
    return {made.identity(entry)[0] for entry in used if not made.columns["is_null"][entry]}


@pytest.mark.parametrize("venue", VENUES)
def test_every_trade_that_was_signalled_is_followed_and_none_is_told_twice(stories: Stories, venue: str) -> None:
    story = stories[venue, "killed"]
    assert story.state_after is not None
    before = {one.id for one in story.told_before if isinstance(one, Signal) and one.plan is not None}
    raised = [one.id for one in story.told_after if isinstance(one, Signal)]

    assert before
    assert story.told_after[: len(story.told_before)] == story.told_before
    assert len(raised) == len(set(raised))
    assert before <= followed(story.state_after)
    off = [one.id for one in story.told_after if isinstance(one, Transition) and one.reason in OFF]
    assert len(off) == len(set(off))


def interest(state: State) -> dict[str, dict[int, float]]:
    """The points of open interest of each symbol, by their time."""
    series = OpenInterestSeries(series=len(state.symbols), ledger=Ledger())
    for name, column in series.kept().items():
        column[:] = state.arrays[name]
    found = {}
    for slot, symbol in enumerate(state.symbols):
        points = series.points(slot)
        told = ~np.isnan(points.values)
        found[symbol] = dict(zip(points.times[told].tolist(), points.values[told].tolist(), strict=True))
    return found


@pytest.mark.parametrize("venue", VENUES)
def test_open_interest_is_as_it_was(stories: Stories, venue: str) -> None:
    story = stories[venue, "killed"]
    assert story.state is not None
    assert story.state_after is not None
    before, after = interest(story.state), interest(story.state_after)

    for symbol in story.symbols:
        # The newest point could still change, and the oldest have to make room for newer ones.
        *past, newest = sorted(before[symbol])
        assert len(past) > POINTS - 5
        held = [at for at in past if at > max(after[symbol]) - POINTS * 5 * MINUTE]
        assert len(held) > POINTS - 10
        assert {at: after[symbol][at] for at in held} == {at: before[symbol][at] for at in held}
        assert max(after[symbol]) >= newest
