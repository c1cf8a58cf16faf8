from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.gap import Gap
from tidemark.proof.soak.candles import CandleCheck, Judged
from tidemark.sim.generator import Generator, generated
from tidemark.sim.market import Contract, State
from tidemark.sim.settings import SimSettings
from tidemark.store.compact import compact
from tidemark.store.gap_log import GapLog
from tidemark.store.journal_writer import JournalWriter
from tidemark.units import MINUTE, SECOND

START_NS = 1_772_323_200 * SECOND
MINUTES = 12
MENDED_NS = 2 * MINUTE

# Minute, symbol, and the figures (open, high, low, close, volume, marks); gives those to write, None for no row.
Change = Callable[[int, str, dict[str, float]], dict[str, float] | None]


def market(venue: str = "bybit") -> Generator:
    """A market that has traded for some minutes."""
    settings = SimSettings(venue=venue, symbols=3, rate=60.0, seed=5, churn_s=0.0)
    source = generated(settings, START_NS)
    while source.now_ns() < START_NS + MINUTES * MINUTE + SECOND:
        for _ in source.advance((), 1.0, 0):
            pass
    return source


def write(
    folder: Path,
    source: Generator,
    change: Change = lambda _minute, _symbol, row: row,
    *,
    rows: int = 10_000,
    minutes: range = range(MINUTES),
) -> JournalWriter:
    """The journal that a service which saw all of it would have, but for what *change* makes of it."""
    writer = JournalWriter(folder / "journal", {"1m": rows}, max_bytes=1 << 24, ledger=Ledger(1))
    for minute in minutes:
        for slot, one in source.truth.listed():
            if one.contract is not Contract.PERPETUAL:
                continue
            candle = source.truth.candle(slot, START_NS // MINUTE + minute)
            assert candle is not None
            row = change(minute, one.symbol, {
                "open": candle.open, "high": candle.high, "low": candle.low, "close": candle.close,
                "volume": candle.lots * one.lot_size, "marks": int(Origin.TRADES),
            })  # fmt: skip
            if row is not None:
                opens = np.array([START_NS + minute * MINUTE])
                columns = {name: np.array([value]) for name, value in row.items()}
                writer.offer("1m", [one.symbol], opens, np.array([one.tick_size]), columns)
    return writer


def listed(source: Generator) -> list[str]:
    """The perpetuals that trade; odd ones stand among them that a venue lists as well."""
    markets = (one for _, one in source.truth.listed())
    return [one.symbol for one in markets if one.contract is Contract.PERPETUAL and one.state is State.TRADING]


def judged(folder: Path, source: Generator, *until: int) -> Judged:
    check = CandleCheck(folder, source.truth, MENDED_NS)
    for minute in until or (MINUTES,):
        check.judge(START_NS + minute * MINUTE)
    return check.judged


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_what_was_kept_as_it_was_traded_is_equal(tmp_path: Path, venue: str) -> None:
    source = market(venue)
    write(tmp_path, source)

    found = judged(tmp_path, source)

    each = 10 * len(listed(source))
    assert found == Judged(compared=each, equal=each)


def test_each_minute_is_judged_once_and_the_young_ones_later(tmp_path: Path) -> None:
    source = market()
    write(tmp_path, source)

    markets = len(listed(source))
    assert judged(tmp_path, source, 6).compared == 4 * markets
    assert judged(tmp_path, source, 4, 6, 6, 9, 12) == Judged(compared=10 * markets, equal=10 * markets)


@pytest.mark.parametrize(("name", "by"), [("close", 1), ("high", 1), ("low", -1), ("volume", 0.5)])
def test_another_figure_is_wrong_and_named(tmp_path: Path, name: str, by: float) -> None:
    def change(minute: int, symbol: str, row: dict[str, float]) -> dict[str, float]:
        is_it = (minute, symbol) == (4, "ETHUSDT")
        return {**row, name: row[name] + by} if is_it else row

    source = market()
    write(tmp_path, source, change)

    found = judged(tmp_path, source)

    assert (found.compared - found.equal, found.wrong) == (1, 1)
    assert found.words[0].startswith(f"1m of ETHUSDT at {1_772_323_200 + 240} is ")


@pytest.mark.parametrize("origin", [Origin.ABSENT, Origin.PARTIAL, Origin.PROVISIONAL])
def test_a_candle_that_is_not_whole_is_wrong_where_no_gap_says_so(tmp_path: Path, origin: Origin) -> None:
    source = market()
    write(tmp_path, source, lambda n, _, row: {**row, "marks": int(origin)} if n == 5 else row)

    assert judged(tmp_path, source).wrong == len(listed(source))


def test_a_missing_candle_is_wrong_but_for_a_gap_that_says_lost(tmp_path: Path) -> None:
    source = market()
    write(tmp_path, source, lambda minute, _, row: None if minute in {3, 7} else row)
    at = START_NS + 3 * MINUTE + 20 * SECOND
    lost = Gap(venue="bybit", symbol="BTCUSDT", channel="trades", gap_from=at, gap_to=at + SECOND, cause="cut", lost=1)
    other = msgspec.structs.replace(lost, symbol="ETHUSDT", channel="tickers")
    log = GapLog(tmp_path / "gaps", 1 << 20, Ledger(1))
    for gap in (lost, other):
        log.offer(gap)

    found = judged(tmp_path, source)

    missing = 2 * len(listed(source))
    assert (found.compared - found.equal, found.recorded, found.wrong, found.gaps) == (missing, 1, missing - 1, 1)


def test_a_later_row_replaces_an_earlier_one(tmp_path: Path) -> None:
    source = market()
    write(tmp_path, source, lambda _, __, row: {**row, "close": row["close"] + 5, "marks": int(Origin.PARTIAL)})
    write(tmp_path, source)

    each = 10 * len(listed(source))
    assert judged(tmp_path, source) == Judged(compared=each, equal=each)


def test_what_was_merged_since_the_last_look_is_read_where_it_stands_now(tmp_path: Path) -> None:
    def unsure(minute: int, _: str, row: dict[str, float]) -> dict[str, float]:
        return {**row, "marks": int(Origin.PARTIAL)} if minute == 4 else row

    source = market()
    each = len(listed(source))
    check = CandleCheck(tmp_path, source.truth, MENDED_NS)
    # Segments of ten rows; the minute that is not whole is written again, whole, before the second look.
    write(tmp_path, source, unsure, rows=40, minutes=range(6))
    check.judge(START_NS + 5 * MINUTE)
    write(tmp_path, source, rows=40, minutes=range(4, 9))
    assert compact(tmp_path / "journal", "1m", each=1_440, total=100_000) > 3
    check.judge(START_NS + 9 * MINUTE)
    write(tmp_path, source, rows=40, minutes=range(9, 12))
    check.judge(START_NS + 12 * MINUTE)

    assert check.judged == Judged(compared=10 * each, equal=10 * each)


def test_a_market_is_judged_from_its_first_candle_on_and_not_after_it_left(tmp_path: Path) -> None:
    source = market()
    write(tmp_path, source, lambda n, symbol, row: None if symbol == "ETHUSDT" and n < 6 else row)
    slot = source.truth.slot_of["BTCUSDT"]
    leaving = source.truth.markets[slot]
    assert leaving is not None
    source.truth.change(slot, msgspec.structs.replace(leaving, state=State.SETTLING))

    found = judged(tmp_path, source)

    each = 10 * len(listed(source)) - 6
    assert (found.compared, found.equal, found.wrong) == (each, each, 0)


def test_nothing_kept_is_nothing_judged(tmp_path: Path) -> None:
    assert judged(tmp_path, market()) == Judged()


def test_only_so_many_words_are_kept(tmp_path: Path) -> None:
    source = market()
    write(tmp_path, source, lambda minute, _, row: {**row, "volume": row["volume"] + 1.0} if minute else row)
    check = CandleCheck(tmp_path, source.truth, MENDED_NS)
    check.judged.words = ["..."] * 48
    check.judge(START_NS + MINUTES * MINUTE)

    assert (check.judged.wrong, len(check.judged.words)) == (9 * len(listed(source)), 50)
