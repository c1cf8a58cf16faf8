import asyncio
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from structlog.testing import capture_logs
from tests import signal_records
from tests.build import MIDNIGHT, T, columns, engine, fresh

from tidemark.analysis.analysis import Weights
from tidemark.clock import EventClock
from tidemark.engine.intake import Intake
from tidemark.engine.outputs import GapNoted, Output
from tidemark.engine.step import Engine
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.venues import registry
from tidemark.live import state
from tidemark.live.restore import restore
from tidemark.live.sink import Sink, keep
from tidemark.live.state import StateKeeper
from tidemark.market.candles import PAD_NS
from tidemark.memory.ledger import Ledger
from tidemark.model.events import Funding, Liquidation, LongShortRatio, MarketEvent, OpenInterest, ServerTime, StreamGap
from tidemark.model.gap import Gap
from tidemark.model.signal import Reason, Stage
from tidemark.model.timeframe import Timeframe
from tidemark.signals.recent import RecentSignals
from tidemark.store import segments
from tidemark.store.journal_writer import JournalWriter
from tidemark.store.signal_log import Place, SignalLog, records_since
from tidemark.store.state import StateFile
from tidemark.units import HOUR, MIB, MINUTE, SECOND

BOTH = ("AUSDT", "BUSDT")
NOON = MIDNIGHT + 12 * HOUR


class Service:
    """One run of a service on *folder*: an engine, the sink before it, and the keeper of its state."""

    def __init__(
        self,
        folder: Path,
        symbols: tuple[str, ...] = BOTH,
        now_ns: int = NOON,
        *,
        weights: Weights | None = None,
        signals: bool = False,
    ) -> None:
        self.engine: Engine = engine(symbols, weights=weights, signals=signals)
        self.clock = EventClock(now_ns)
        self.sink = Sink(self.clock, Rejects(folder / "rejects"), None)
        self.outputs: list[Output] = []
        self.intake = Intake(
            self.engine,
            registry.find("bybit").parser(self.engine.universe.slots),
            Ledger(),
            deliver=self.outputs.extend,
            reject=self.sink.reject,
        )
        self.sink.intake = self.intake
        self.file = StateFile(folder / "state")
        self.log = SignalLog(folder / "signals", MIB, Ledger())
        self.recent = RecentSignals(Ledger())
        self.keeper = StateKeeper(
            self.file, self.engine, self.sink, self.clock, "bybit", signals=self.log, recent=self.recent
        )

    def tell(self, *events: MarketEvent) -> None:
        for event in events:
            self.sink.on_event(event)
        self.intake.flush()

    def restore(self) -> int:
        """How many markets were restored; what follows from it is in the engine afterwards."""
        count = self.keeper.restore()
        self.intake.flush()
        return count

    def open_gaps(self) -> list[tuple[str, str, int, str]]:
        return [
            (gap.symbol, gap.channel, gap.gap_from, gap.cause)
            for gap in self.engine.gaps.gaps()
            if gap.gap_to is None
        ]  # fmt: skip


def at(ts: int = NOON, symbol: str = "AUSDT") -> dict[str, Any]:
    return {"ts_event": ts, "ts_recv": ts, "symbol": symbol}


def gap(channel: str, symbols: tuple[str, ...], since: int | None, until: int | None = None) -> StreamGap:
    return StreamGap(
        ts_event=NOON, ts_recv=NOON, venue="bybit", channel=channel, symbols=symbols, gap_from=since, gap_to=until,
        cause="closed by peer",
    )  # fmt: skip


def lived(folder: Path) -> Service:
    """A run in which AUSDT was told everything and BUSDT its open interest, and which wrote its state at noon."""
    made = Service(folder)
    made.tell(
        gap("liquidations", (), None, NOON - HOUR),
        OpenInterest(**at(NOON - 10 * MINUTE), value=5.0),
        OpenInterest(**at(), value=6.0),
        OpenInterest(**at(symbol="BUSDT"), value=7.0),
        LongShortRatio(**at(), long_share=0.625),
        Funding(**at(), rate=0.0001, due_at=NOON - 4 * HOUR),
        Liquidation(**at(), price=10.0, size=2.0, is_long=True),
    )
    made.keeper.write()
    assert made.keeper.failure is None
    return made


def test_what_was_told_of_a_market_is_there_again_wherever_its_slot_is_now(tmp_path: Path) -> None:
    lived(tmp_path)
    after = Service(tmp_path, BOTH[::-1], NOON + 10 * MINUTE)

    assert after.restore() == 2

    slot, other = (after.engine.universe.slots[symbol] for symbol in BOTH)
    assert (slot, other) == (1, 0)
    kept = after.engine.derivatives
    latest, of_other, ratio = kept.open_interest.latest(slot), kept.open_interest.latest(other), kept.ratio.latest(slot)
    assert latest is not None
    assert of_other is not None
    assert ratio is not None
    assert (latest.value, latest.ts_event, of_other.value, ratio.value) == (6.0, NOON, 7.0, 0.625)
    assert kept.open_interest.points(slot).values[[0, -1]].tolist() == [5.0, 6.0]
    times, rates = kept.fundings.settled(slot)
    assert (times.tolist(), rates.tolist()) == ([NOON - 4 * HOUR], [0.0001])
    assert kept.liquidations.rows(slot, 5)["size"].tolist() == [2.0]
    assert len(kept.liquidations.rows(other, 5)["size"]) == 0


def test_what_is_usual_of_a_market_is_there_again_by_the_name_of_its_factor(tmp_path: Path) -> None:
    before, after = Service(tmp_path, weights=Weights()), Service(tmp_path, BOTH[::-1], weights=Weights())
    rng = np.random.default_rng(1)
    kept = before.engine.kept()
    for column in kept.values():
        column[:2] = rng.integers(1, 100, column[:2].shape)
    before.keeper.write()

    assert after.restore() == 2

    names = [name for name in kept if name.startswith("analysis/")]
    assert {"analysis/moment/usual/funding/square", "analysis/moment/flow/sizes"} <= set(names)
    assert {name.split("/")[1] for name in names} == {"moment", "context"}
    for name in names:
        assert np.array_equal(after.engine.kept()[name][:2], kept[name][1::-1]), name


def test_a_state_without_an_analysis_is_read_by_one_that_has_it(tmp_path: Path) -> None:
    lived(tmp_path)
    after = Service(tmp_path, weights=Weights())

    assert after.restore() == 2
    assert not any(column.any() for name, column in after.engine.kept().items() if name.startswith("analysis/"))


def test_liquidations_were_watched_until_the_state_was_written_and_not_since(tmp_path: Path) -> None:
    lived(tmp_path)
    after = Service(tmp_path, now_ns=NOON + HOUR)

    after.restore()

    totals = after.engine.derivatives.liquidations.totals(0, NOON + HOUR)
    assert totals is not None
    # One hour of the 23 h 55 min before the five minutes that begin at one o'clock.
    assert totals.coverage == pytest.approx(1 / (23 + 55 / 60))
    assert totals.long_turnover == 20.0


def test_the_time_of_the_state_is_put_on_the_exchanges_clock(tmp_path: Path) -> None:
    made = Service(tmp_path)
    ahead = ServerTime(ts_event=NOON - HOUR + MINUTE, ts_recv=NOON - HOUR, round_trip=0)
    made.tell(ahead, gap("liquidations", (), None, NOON - HOUR))
    made.keeper.write()
    after = Service(tmp_path, now_ns=NOON + HOUR)
    after.tell(ahead)

    after.restore()

    totals = after.engine.derivatives.liquidations.totals(0, NOON + HOUR)
    assert totals is not None
    # By the exchange's clock from 11:01 to 12:01, as by ours from 11:00 to 12:00.
    assert totals.coverage == pytest.approx(1 / (23 + 55 / 60))


def test_a_market_that_is_not_listed_any_more_is_passed_over_and_a_newcomer_begins_empty(tmp_path: Path) -> None:
    lived(tmp_path)
    after = Service(tmp_path, ("BUSDT", "CUSDT"))

    assert after.restore() == 1

    told = [after.engine.derivatives.open_interest.latest(slot) for slot in range(2)]
    assert [reading.value if reading else None for reading in told] == [7.0, None]


def test_a_gap_that_was_open_stays_open_with_its_beginning_and_cause(tmp_path: Path) -> None:
    made = Service(tmp_path)
    made.tell(
        gap("trades", ("AUSDT",), NOON - MINUTE),
        gap("books", BOTH, NOON - 2 * MINUTE),
        gap("tickers", ("BUSDT",), NOON - MINUTE),
        gap("tickers", ("BUSDT",), NOON - MINUTE, NOON - 30 * SECOND),
    )
    made.keeper.write()
    after = Service(tmp_path, ("BUSDT", "AUSDT"), NOON + MINUTE)

    after.restore()

    assert sorted(after.open_gaps()) == [
        ("AUSDT", "books", NOON - 2 * MINUTE, "closed by peer"),
        ("AUSDT", "trades", NOON - MINUTE, "closed by peer"),
        ("BUSDT", "books", NOON - 2 * MINUTE, "closed by peer"),
    ]
    assert len([output for output in after.outputs if isinstance(output, GapNoted)]) == 3
    after.tell(gap("trades", ("AUSDT",), None, NOON + 2 * MINUTE))
    (closed,) = [one for one in after.engine.gaps.gaps() if one.gap_to is not None]
    assert (closed.gap_from, closed.gap_to) == (NOON - MINUTE, NOON + 2 * MINUTE)


def test_an_open_gap_of_a_market_that_is_gone_is_not_opened_again(tmp_path: Path) -> None:
    made = Service(tmp_path)
    made.tell(gap("books", BOTH, NOON - MINUTE))
    made.keeper.write()
    after = Service(tmp_path, ("BUSDT",))

    after.restore()

    assert [symbol for symbol, *_ in after.open_gaps()] == ["BUSDT"]


def journaled(folder: Path, *, until_s: float = 190.0) -> Service:
    """A run whose candles are in a journal: AUSDT traded all the time."""
    made = Service(folder, now_ns=MIDNIGHT + round(until_s * SECOND))
    trades = [T(n, 100.0 + n / 10, number=n + 1) for n in range(int(until_s))]
    outputs = made.engine.candles.apply(columns(trades), fresh(len(trades)))
    rows = {timeframe.value: 1000 for timeframe in made.engine.candles.timeframes}
    keep(list(outputs), made.engine, JournalWriter(folder / "journal", rows, max_bytes=8 * MIB, ledger=Ledger()))
    return made


def test_the_time_since_the_newest_candle_is_a_gap_of_the_trades(tmp_path: Path) -> None:
    before = journaled(tmp_path)
    after = Service(tmp_path, now_ns=MIDNIGHT + 300 * SECOND)
    restore(after.engine, tmp_path / "journal", MIDNIGHT + 300 * SECOND)

    assert after.restore() == 0

    # The trades reach to 3:09; so the candle of 2:50 has closed at 3:02, and that of 3:00 has not. BUSDT never traded,
    # but its feed was alive: a candle of no trade is a candle only after a first price, so nothing of it was kept.
    assert after.open_gaps() == [("AUSDT", "trades", MIDNIGHT + 180 * SECOND + 2 * PAD_NS, "restart")]
    # The exchange's clock turns out to be half a second behind what it was thought to be, and then the feed is whole.
    after.tell(ServerTime(ts_event=MIDNIGHT + 300 * SECOND - PAD_NS, ts_recv=MIDNIGHT + 300 * SECOND, round_trip=0))
    after.tell(gap("trades", ("AUSDT",), None, MIDNIGHT + 300 * SECOND))
    for timeframe in (Timeframe.S10, Timeframe.M1):
        kept = after.engine.candles.closed(0, timeframe, 100)
        assert kept == before.engine.candles.closed(0, timeframe, 100)
        assert len(kept) == {Timeframe.S10: 18, Timeframe.M1: 3}[timeframe]


def test_a_gap_that_was_open_is_older_than_the_restart_and_keeps_its_cause(tmp_path: Path) -> None:
    made = journaled(tmp_path)
    made.tell(gap("trades", ("AUSDT",), MIDNIGHT + 185 * SECOND))
    made.keeper.write()
    after = Service(tmp_path, now_ns=MIDNIGHT + 300 * SECOND)
    restore(after.engine, tmp_path / "journal", MIDNIGHT + 300 * SECOND)

    after.restore()

    assert after.open_gaps() == [("AUSDT", "trades", MIDNIGHT + 185 * SECOND, "closed by peer")]


def test_candles_that_reach_beyond_our_clock_make_no_gap_that_ends_before_it_begins(tmp_path: Path) -> None:
    journaled(tmp_path)
    after = Service(tmp_path, now_ns=MIDNIGHT + 100 * SECOND)
    restore(after.engine, tmp_path / "journal", MIDNIGHT + 300 * SECOND)

    after.restore()

    assert after.open_gaps() == []


def test_without_a_state_and_without_candles_there_is_nothing_to_put_back(tmp_path: Path) -> None:
    after = Service(tmp_path)

    assert after.restore() == 0

    assert (after.open_gaps(), after.outputs, after.keeper.failure) == ([], [], None)


def test_a_damaged_state_is_told_and_the_run_begins_without_it(tmp_path: Path) -> None:
    lived(tmp_path)
    whole = (tmp_path / "state").read_bytes()
    (tmp_path / "state").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    after = Service(tmp_path)

    assert after.restore() == 0

    assert after.keeper.failure is not None
    assert after.engine.derivatives.open_interest.latest(0) is None


def test_gaps_that_cannot_be_read_are_told_and_the_figures_come_back_all_the_same(tmp_path: Path) -> None:
    made = lived(tmp_path)
    found = made.file.read()
    assert found is not None
    made.file.write(found.taken_at, found.symbols, found.arrays, {"open_gaps": '[{"venue": 5}]'})
    after = Service(tmp_path)

    with capture_logs() as told:
        assert after.restore() == 2

    assert [line["event"] for line in told] == ["open gaps of the last run cannot be read"]
    assert after.open_gaps() == []


def test_figures_of_another_shape_are_left_out_and_the_others_come_back(tmp_path: Path) -> None:
    made = lived(tmp_path)
    found = made.file.read()
    assert found is not None
    arrays = dict(found.arrays)
    arrays["funding/rate"] = np.zeros((2, 7))
    del arrays["funding/due_at"]
    gaps = [Gap(venue="bybit", symbol="AUSDT", channel="books", gap_from=NOON, cause="closed by peer")]
    made.file.write(found.taken_at, found.symbols, arrays, {"open_gaps": msgspec.json.encode(gaps).decode()})
    after = Service(tmp_path)

    assert after.restore() == 2

    latest = after.engine.derivatives.open_interest.latest(0)
    assert latest is not None
    assert latest.value == 6.0
    assert [channel for _, channel, *_ in after.open_gaps()] == ["books"]
    assert after.engine.derivatives.fundings.settled(0)[1].tolist() in ([], [0.0])


def test_what_cannot_be_written_is_told_until_it_can(tmp_path: Path) -> None:
    made = Service(tmp_path)
    (tmp_path / "state").mkdir()

    made.keeper.write()
    assert made.keeper.failure is not None

    (tmp_path / "state").rmdir()
    made.keeper.write()
    failure: str | None = made.keeper.failure
    assert failure is None


async def test_it_is_written_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "EVERY_S", 0.001)
    made = Service(tmp_path)
    task = asyncio.ensure_future(made.keeper.follow())
    async with asyncio.timeout(10):
        for value in (1.0, 2.0):
            made.tell(OpenInterest(**at(), value=value))
            while made.engine.derivatives.open_interest.latest(0) is None or read(made) != value:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def read(made: Service) -> float | None:
    """The open interest of the first market as the file has it."""
    found = made.file.read()
    name = next(name for name in made.engine.derivatives.kept() if name.endswith("open_interest/latest/value"))
    return None if found is None else float(found.arrays[name][0])


def signalling(folder: Path, symbols: tuple[str, ...] = BOTH) -> Service:
    """A run an hour after the first of the recorded signals, on what *folder* holds."""
    return Service(folder, symbols, signal_records.AT + HOUR, weights=Weights(), signals=True)


def test_signals_that_were_told_after_the_last_state_are_followed_by_another_process(tmp_path: Path) -> None:
    before = signalling(tmp_path)
    first, second = (signal_records.signal(number, symbol="AUSDT") for number in (0, 5))
    third = signal_records.signal(7, symbol="BUSDT", rule="whale_flow")
    ceased = signal_records.moved(second, 2, Stage.PENDING, Stage.PENDING, Reason.LOST)
    before.log.offer([first])
    before.keeper.write()
    before.log.offer([second, third, ceased, *signal_records.story(9, symbol="BUSDT")])

    after = signalling(tmp_path, BOTH[::-1])
    after.restore()

    signals = after.engine.signals
    assert signals is not None
    assert [signals.following.find(one.id) is not None for one in (first, second, third)] == [False, True, True]
    # Its story is over, and its outcome final.
    assert signals.following.find(signal_records.signal(9, symbol="BUSDT").id) is None
    slots = after.engine.universe.slots
    assert {(edge.rule, edge.row, edge.since) for edge in signals._conditions.on()} == {
        ("whale_flow", slots["BUSDT"], third.at),
        ("confluence", slots["BUSDT"], signal_records.signal(9).at),
    }
    known = {one.signal.id: one.stage for one in after.recent.newest()}
    assert known[second.id] is Stage.PENDING
    assert known[signal_records.signal(9, symbol="BUSDT").id] is Stage.TARGET
    assert len(known) == 4


def test_where_no_state_is_left_a_day_of_the_log_holds(tmp_path: Path) -> None:
    young = signal_records.signal(30, symbol="AUSDT")
    old = msgspec.structs.replace(young, id="AUSDT-confluence-long-1", at=young.at - 30 * HOUR)
    SignalLog(tmp_path / "signals", MIB, Ledger()).offer([old, young])

    after = signalling(tmp_path)
    after.restore()

    assert after.engine.signals is not None
    following = after.engine.signals.following
    assert [following.find(one.id) is not None for one in (old, young)] == [False, True]
    assert [one.signal.id for one in after.recent.newest()] == [young.id]


def test_signals_that_cannot_be_read_are_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    before = signalling(tmp_path)
    before.file.write(NOON, ["AUSDT"], {}, {"signals": '{"place": 7}'})
    after = signalling(tmp_path)

    with capture_logs() as logs:
        after.restore()

    assert [one["event"] for one in logs if one["log_level"] == "warning"] == ["signals of the last run cannot be read"]


def test_signals_that_a_full_disk_refused_are_written_with_the_next_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = signalling(tmp_path)
    with monkeypatch.context() as full:

        def refuse(path: Path, data: bytes, size: int) -> None:
            raise OSError(28, "No space left on device")

        full.setattr(segments, "append_whole", refuse)
        made.log.offer([signal_records.signal(0)])
        made.keeper.write()
        assert made.log.failure is not None
    made.keeper.write()

    assert made.log.failure is None
    assert list(records_since(made.log.folder, Place("", 0))) == [signal_records.signal(0)]
