from pathlib import Path

import numpy as np
import pytest

from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.gap import Gap, Repair
from tidemark.proof.simulation.outcome import Kept, Key, Outcome, Row, differences, kept
from tidemark.sim.generator import generated
from tidemark.sim.settings import SimSettings
from tidemark.store.gap_log import GapLog
from tidemark.store.journal_writer import JournalWriter
from tidemark.units import MIB, MINUTE, SECOND

BEGIN = 1_772_323_200 * SECOND
FLAT = Row(1.0, 2.0, 0.5, 1.5, 10.0, Origin.TRADES)
END = BEGIN + 20 * MINUTE


def key(minute: int, timeframe: str = "1m", symbol: str = "AUSDT") -> Key:
    return (timeframe, symbol, BEGIN + minute * MINUTE)


def outcome(rows: dict[Key, Row], truth: dict[Key, Row] | None = None, *gaps: Gap) -> Outcome:
    return Outcome(
        seed=1, broken=(), digest="", outputs=0, connections=1, requests=1, until_ns=END,
        kept=Kept(rows, truth or {}, gaps),
    )  # fmt: skip


def gap(first_s: int, last_s: int | None, lost: int = 0, repair: Repair = Repair.NONE, channel: str = "trades") -> Gap:
    return Gap(
        venue="bybit",
        symbol="AUSDT",
        channel=channel,
        gap_from=BEGIN + first_s * SECOND,
        gap_to=None if last_s is None else BEGIN + last_s * SECOND,
        cause="x",
        repair=repair,
        lost=lost,
    )


def test_equal_worlds_differ_in_nothing() -> None:
    rows = {key(minute): FLAT for minute in range(5)}

    assert differences(outcome(rows, rows), outcome(rows)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        Row(1.0, 2.0, 0.5, 1.6, 10.0, Origin.TRADES),
        Row(1.0, 2.0, 0.4, 1.5, 10.0, Origin.TRADES),
        Row(1.0, 2.1, 0.5, 1.5, 10.0, Origin.TRADES),
        Row(1.0, 2.0, 0.5, 1.5, 10.1, Origin.TRADES),
        Row(1.0, 2.0, 0.5, 1.5, 10.0, Origin.PARTIAL),
    ],
)
def test_a_wrong_minute_is_found_beside_the_exchange_and_beside_the_twin(wrong: Row) -> None:
    truth = {key(minute): FLAT for minute in range(3)}
    rows = {**truth, key(1): wrong}

    beside_truth, beside_twin = differences(outcome(rows, truth), outcome(truth))

    assert "1m of AUSDT" in beside_truth
    assert "the exchange's" in beside_truth
    assert "the world without faults" in beside_twin


@pytest.mark.parametrize("by", [0.1, -0.1])
def test_one_tick_of_a_large_price_is_a_difference(by: float) -> None:
    large = Row(84_800.1, 84_810.5, 84_790.0, 84_801.2, 3.0, Origin.TRADES)
    wrong = Row(84_800.1, 84_810.5, 84_790.0, 84_801.2 + by, 3.0, Origin.TRADES)
    summed = Row(84_800.1, 84_810.5, 84_790.0, 84_801.2, 3.000_001, Origin.TRADES)

    assert len(differences(outcome({key(1): wrong}, {key(1): large}), None)) == 1
    assert differences(outcome({key(1): summed}, {key(1): large}), None) == []


def test_where_an_exchange_opens_its_candles_is_its_own_business() -> None:
    theirs = Row(2.5, 2.5, 0.5, 1.5, 10.0)

    assert differences(outcome({key(0): FLAT}, {key(0): theirs}), None) == []
    assert differences(outcome({key(0): FLAT}, {key(0): Row(1.2, 2.5, 0.5, 1.5, 10.0)}), None) != []


@pytest.mark.parametrize(
    ("known", "is_told"),
    [
        (gap(70, 80, lost=1), True),
        (gap(70, None), True),
        (gap(30, 61, lost=1), True),
        (gap(70, 80), False),
        (gap(70, 80, lost=1, channel="books"), False),
        (gap(130, 140, lost=1), False),
        (gap(10, 50, lost=1), False),
    ],
)
def test_what_the_ledger_says_is_lost_may_be_missing(known: Gap, is_told: bool) -> None:
    truth = {key(0): FLAT, key(1): FLAT, key(2): FLAT}
    rows = {key(0): FLAT, key(2): FLAT}

    assert (differences(outcome(rows, truth, known), None) == []) is is_told


def test_what_was_mended_with_minutes_has_no_shorter_candles() -> None:
    twin = outcome({key(0): FLAT, key(1, "10s"): FLAT})
    without = {key(0): FLAT}

    assert differences(outcome(without, None, gap(60, 70, repair=Repair.KLINES)), twin) == []
    assert differences(outcome(without, None, gap(60, 70, repair=Repair.TRADES)), twin) != []
    # One that says itself that it is not whole needs no ledger.
    partial = {key(0): FLAT, key(1, "10s"): Row(1.0, 1.0, 1.0, 1.0, 0.0, Origin.PARTIAL)}
    assert differences(outcome(partial), twin) == []


def test_a_candle_of_ten_seconds_in_which_nobody_traded_may_lack_its_price() -> None:
    flat = Row(1.5, 1.5, 1.5, 1.5, 0.0, Origin.FILLED)

    assert differences(outcome({key(0): FLAT}), outcome({key(1, "10s"): flat})) == []
    # A wrong price is another thing, and so is a minute: the exchange has those.
    wrong = {key(1, "10s"): Row(1.6, 1.6, 1.6, 1.6, 0.0, Origin.FILLED)}
    assert differences(outcome(wrong), outcome({key(1, "10s"): flat})) != []
    assert differences(outcome({key(0): FLAT}), outcome({key(1): flat})) != []


@pytest.mark.parametrize(
    ("minute", "first", "is_told"),
    [
        (Origin.REPAIRED, Origin.PARTIAL, True),
        (Origin.EXCHANGE, None, True),
        (Origin.EXCHANGE, Origin.TRADES, False),
        (Origin.TRADES, Origin.PARTIAL, False),
    ],
)
def test_a_part_of_a_minute_that_is_not_whole_hides_what_the_others_lack(
    minute: Origin, first: Origin | None, is_told: bool
) -> None:
    parts = {("10s", "AUSDT", BEGIN + n * 10 * SECOND): FLAT for n in range(6)}
    short = parts | {
        key(0): Row(1.0, 2.0, 0.5, 1.5, 60.0, minute),
        ("10s", "AUSDT", BEGIN + 20 * SECOND): Row(1.0, 2.0, 0.5, 1.5, 9.0, Origin.TRADES),
    }
    if first is None:
        del short[key(0, "10s")]
    else:
        short[key(0, "10s")] = Row(1.0, 2.0, 0.5, 1.5, 10.0, first)
    third = {("10s", "AUSDT", BEGIN + 20 * SECOND): FLAT}

    assert (differences(outcome(short), outcome(third)) == []) is is_told


def test_what_closed_a_moment_ago_may_still_be_mended() -> None:
    twin = outcome({key(0): FLAT, key(19): FLAT})

    assert differences(outcome({key(0): FLAT}), twin) == []


def test_what_is_kept_is_the_last_of_each_candle_and_of_each_gap(tmp_path: Path) -> None:
    settings = SimSettings(venue="bybit", symbols=2, rate=10.0, seed=1, churn_s=0.0)
    source = generated(settings, BEGIN)
    ledger = Ledger()
    journal = JournalWriter(tmp_path / "bybit" / "journal", {"1m": 100}, max_bytes=MIB, ledger=ledger)
    for close in (15, 16):
        columns = {name: np.array([value], np.int32) for name, value in zip("ohlc", (10, 20, 5, close), strict=True)}
        journal.offer(
            "1m",
            ["AUSDT"],
            np.array([BEGIN]),
            np.array([0.1]),
            {
                "open": columns["o"], "high": columns["h"], "low": columns["l"], "close": columns["c"],
                "volume": np.array([7.0], np.float32), "turnover": np.array([8.0], np.float32),
                "bought": np.array([3.0], np.float32), "marks": np.array([Origin.TRADES], np.uint32),
            },
        )  # fmt: skip
    log = GapLog(tmp_path / "bybit" / "gaps", MIB, ledger)
    log.offer(gap(60, None))
    log.offer(gap(60, 70, lost=1))

    found = kept(tmp_path, source, BEGIN - 3 * MINUTE, BEGIN)

    # 16 ticks of 0.1 are not the float 1.6.
    assert found.rows == {key(0): Row(1.0, 2.0, 0.5, 16 * 0.1, 7.0, Origin.TRADES)}
    assert found.gaps == (gap(60, 70, lost=1),)
    # The exchange's own minutes: of every perpetual, and the whole ones alone.
    assert {opens for _, symbol, opens in found.truth if symbol == "BTCUSDT"} == {
        BEGIN - minute * MINUTE for minute in (1, 2, 3)
    }


def test_a_life_without_files_has_left_nothing(tmp_path: Path) -> None:
    source = generated(SimSettings(venue="bybit", symbols=2, rate=10.0, seed=1, churn_s=0.0), BEGIN)

    found = kept(tmp_path / "nowhere", source, BEGIN - MINUTE, BEGIN)

    assert found.rows == {}
    assert found.gaps == ()
