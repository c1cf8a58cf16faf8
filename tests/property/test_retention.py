"""What is kept on disk stays within its limits, and of everything the newest stays."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.archives import journal, offer
from tests.build import MIDNIGHT

from tidemark.model.timeframe import Timeframe
from tidemark.store.archive_layout import DAILY, YEARLY, folder_of, make_room, parts
from tidemark.store.compact import compact
from tidemark.store.journal import blocks, files, symbols
from tidemark.units import DAY

NOW = MIDNIGHT + DAY // 2
DAYS = [f"2026-{month:02}-{day:02}" for month, day in ((10, 28), (10, 29), (10, 30), (10, 31), (11, 1))]
M1 = Timeframe.M1
archived = st.dictionaries(
    st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from([*DAYS, "2025", "2026"])), st.integers(1, 60)
)


@settings(max_examples=60, deadline=None)
@given(archived, st.integers(1, 400), st.integers(0, 5))
def test_an_archive_is_within_its_limits_and_loses_no_more_than_that_takes(
    held: dict[tuple[str, str], int], most: int, days: int
) -> None:
    with TemporaryDirectory() as name:
        root = Path(name)
        for (symbol, period), size in held.items():
            folder = folder_of(root, YEARLY if len(period) == 4 else DAILY, "bybit", symbol, period)
            folder.mkdir(parents=True)
            (folder / "candles.parquet").write_bytes(b"x" * size)
        before = {(part.symbol, part.period): part for part in parts(root)}

        removed = make_room(root, "bybit", max_age_ns=days * DAY, max_bytes=most, now_ns=NOW)

        after = {(part.symbol, part.period): part for part in parts(root)}
        gone = [part for key, part in before.items() if key not in after]
        left = sum(part.bytes for part in after.values())
        assert left <= most
        assert all(part.ends_ns > NOW - days * DAY for part in after.values())
        assert (removed.files, removed.bytes) == (len(gone), sum(part.bytes for part in gone))
        newest_gone = max((part.ends_ns for part in gone), default=0)
        assert all(part.ends_ns > newest_gone for part in after.values()), "the oldest go first, of all markets"
        again = sum(part.bytes for part in gone if part.ends_ns == newest_gone)
        assert not gone or newest_gone <= NOW - days * DAY or left + again > most, "nothing goes without need"
        assert make_room(root, "bybit", max_age_ns=days * DAY, max_bytes=most, now_ns=NOW).files == 0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.sets(st.sampled_from(["A", "B", "C"]), min_size=1)), max_size=60),
    st.integers(1, 15),
    st.integers(1, 40),
    st.sets(st.integers(0, 59), max_size=3),
)
def test_of_each_market_that_is_kept_the_newest_candles_are_kept_as_they_were_written_last(
    written: list[tuple[int, set[str]]], each: int, total: int, merges: set[int]
) -> None:
    with TemporaryDirectory() as name:
        # Segments of some 15 rows, and room for all that is written: nothing goes but what is merged.
        made = journal(Path(name), {"1m": 240})
        folder = Path(name) / "journal"
        wanted: dict[str, dict[int, int]] = {}
        for turn, (number, names) in enumerate(written):
            offer(made, M1, sorted(names), number, close=1000 + turn)
            for symbol in names:
                wanted.setdefault(symbol, {})[MIDNIGHT + number * M1.ns] = 1000 + turn
            if turn in merges:
                compact(folder, "1m", each=each, total=3 * each)

        compact(folder, "1m", each=each, total=max(total, 3 * each))

        numbered = symbols(folder)
        kept: dict[str, dict[int, int]] = {}
        for path in files(folder, "1m"):
            for rows in blocks(path):
                for row in rows:
                    kept.setdefault(numbered[row["symbol"]], {})[int(row["open_time"])] = int(row["close"])
        for symbol, of_symbol in wanted.items():
            newest = sorted(of_symbol)[-each:]
            assert {at: kept[symbol][at] for at in newest} == {at: of_symbol[at] for at in newest}
        bases = [path for path in files(folder, "1m") if path.suffix == ".base"]
        assert sum(len(rows) for path in bases for rows in blocks(path)) <= 3 * each
