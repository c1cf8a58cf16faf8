import re
from io import StringIO
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from rich.console import Console, RenderableType
from tests.unit.cli.test_structure_svg import structured

from tidemark.analysis.wyckoff.market import Higher, Newest, Scan, Scanned
from tidemark.analysis.wyckoff.told import Revision
from tidemark.cli.structure_shown import as_event, as_scan, as_structure, from_files
from tidemark.errors import CaptureError, SettingsError
from tidemark.live.questions import StructureTold
from tidemark.model.signal import Side
from tidemark.model.timeframe import Timeframe
from tidemark.signals.structure_trades import JudgedRule, StructureParameters, refusals
from tidemark.signals.structure_trades import example as example_of
from tidemark.sim.schematics.example import example


def words(drawn: RenderableType, width: int = 140) -> str:
    console = Console(width=width, record=True, file=StringIO())
    console.print(drawn)
    return console.export_text()


def scanned(symbol: str, bars_ago: int | None) -> Scanned:
    newest = None if bars_ago is None else Newest(
        name="SPRING", direction=1, confirmed_ms=0, bars_ago=bars_ago, level=9.0, confidence=0.87
    )  # fmt: skip
    has_range = bars_ago is not None
    return Scanned(
        symbol=symbol, phase="C" if has_range else "", direction=1 if has_range else 0,
        likelihood=0.9 if has_range else None, quality=71.0 if has_range else None,
        is_confirmed=True if has_range else None, creek=11.0 if has_range else None,
        ice=9.5 if has_range else None, price=10.0, schematic="ACCUMULATION_1" if has_range else None,
        score=0.8 if has_range else None, newest=newest,
        higher=Higher(timeframe=Timeframe.H4, phase="B", direction=-1, agrees=False) if has_range else None,
    )  # fmt: skip


def test_a_market_is_told_with_its_range_events_and_what_to_watch_for() -> None:
    told = words(as_structure(structured()))

    assert "range from a selling climax" in told
    assert "most like accumulation 1" in told
    assert "cause:" in told
    assert "watch: " in told
    assert re.search(
        r"\n  C since \d{4}-\d\d-\d\d \d\d:\d\d: SPRING: the ice gave way, and the price came back\n", told
    )
    assert [name for name in ("SC", "AR", "ST", "SPRING", "TEST", "SOS", "LPS") if f"\n{name} " not in told] == []


def test_a_market_with_too_few_candles_is_warming_up() -> None:
    assert "warming up: 60 of 100 candles" in words(as_structure(structured(until=60)))


def test_an_event_is_told_rule_by_rule() -> None:
    told = structured()
    spring = next(one for one in told.reading.events if one.name == "SPRING")

    by_name, by_id = words(as_event(told, "spring")), words(as_event(told, spring.id))

    assert by_name == by_id
    assert "of such events were planted ones" in by_name
    assert all(rule.text in by_name for rule in spring.rules)
    assert "passed" in by_name


def test_an_event_that_changed_says_how() -> None:
    told = structured()
    spring = next(one for one in told.reading.events if one.name == "SPRING")
    change = Revision(
        what="deeper", words="it went deeper, from 9.5 to 9.25", known_ms=3_600_000, from_ms=0, to_ms=0,
        from_level=9.5, to_level=9.25,
    )  # fmt: skip
    events = tuple(
        msgspec.structs.replace(one, revision=change if one is spring else None) for one in told.reading.events
    )
    revised = msgspec.structs.replace(told, reading=msgspec.structs.replace(told.reading, events=events))

    assert "revised" not in words(as_event(told, "spring"))
    assert "revised: it went deeper, from 9.5 to 9.25, known at the close of 1970-01-01 01:00" in words(
        as_event(revised, "spring")
    )
    assert f"{spring.id}, went deeper" in words(as_structure(revised))


def test_an_event_that_is_not_there_is_refused_with_those_that_are() -> None:
    told = structured()

    with pytest.raises(SettingsError, match=f"there is no such event .*{told.reading.events[0].id}"):
        as_event(told, "UTAD")


def test_a_scan_has_ranges_first_and_says_how_many_wait() -> None:
    rows = [scanned("NONE", None), scanned("OLD", 9), scanned("FRESH", 0)]
    scan = Scan(timeframe=Timeframe.H1, timeframes=[Timeframe.H1], rows=rows, warming_up=4, watched=7)

    told = words(as_scan(scan, rows, 10))

    assert told.index("FRESH") < told.index("OLD") < told.index("NONE")
    assert "3 markets in 1h candles, 2 of them in a range; 4 have not had enough candles yet" in told
    assert "B against" in told


def candles(folder: Path, symbol: str) -> None:
    bars = example(29).bars
    columns = {name: getattr(bars, name) for name in ("open", "high", "low", "close", "volume")}
    times = pa.array(bars.time // 1_000_000).cast(pa.timestamp("ms", tz="UTC"))
    table = pa.table({"ts": times, **columns, "symbol": [symbol] * len(bars.time)})
    parquet.write_table(table, folder / "some_1h.parquet")


def test_candles_in_files_are_read_as_those_of_a_process(tmp_path: Path) -> None:
    candles(tmp_path, "ABC")

    told = from_files(tmp_path, "ABC", Timeframe.H1, "crypto")

    assert told.reading.bars == len(example(29).bars.time)
    assert {"SC", "AR", "SPRING", "SOS"} <= {one.name for one in told.reading.events}
    assert told.candles is not None
    assert np.diff(told.candles.time_ms).min() == 3_600_000


def test_longer_candles_are_made_of_shorter_ones(tmp_path: Path) -> None:
    candles(tmp_path, "ABC")

    assert from_files(tmp_path, "ABC", Timeframe.H4, "crypto").reading.bars == len(example(29).bars.time) // 4


def test_a_market_that_no_file_holds_is_refused_with_those_that_are_there(tmp_path: Path) -> None:
    candles(tmp_path, "ABC")

    with pytest.raises(CaptureError, match="holds no XYZ in 1h candles or shorter; it holds ABC"):
        from_files(tmp_path, "XYZ", Timeframe.H1, "crypto")


def told_with(judged: list[JudgedRule]) -> StructureTold:
    return StructureTold(**msgspec.structs.asdict(structured()), judged=judged)


def judged_spring() -> JudgedRule:
    limits = {key: float(value) for key, value in msgspec.structs.asdict(StructureParameters()).items()}
    figures = {**example_of("spring", Side.LONG), "spring_quality": 43.0, "spring_confidence": None}
    return JudgedRule(rule="spring_long", checks=refusals("spring", Side.LONG, limits, figures))


def test_an_event_that_a_rule_reads_is_told_check_by_check_as_a_trade() -> None:
    told = words(as_event(told_with([judged_spring()]), "spring"))

    assert "as a trade by spring_long: refused by 2 of 11 checks" in told
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert "level quality of the range 43 >= 50 refused" in lines
    assert "context share of such events that were planted ones unknown >= 0.5 refused" in lines
    assert "volume volume against the usual 0.7 <= 1.5 passed" in lines


def test_an_event_that_all_checks_pass_says_so() -> None:
    limits = {key: float(value) for key, value in msgspec.structs.asdict(StructureParameters()).items()}
    checks = refusals("spring", Side.LONG, limits, example_of("spring", Side.LONG))

    told = words(as_event(told_with([JudgedRule(rule="spring_long", checks=checks)]), "spring"))

    assert "as a trade by spring_long: all checks pass" in told
    assert "refused" not in told


def test_an_event_that_no_rule_judges_here_says_so_and_others_say_nothing() -> None:
    told = told_with([])

    assert "as a trade: spring_long does not read it, or not in 1h candles" in words(as_event(told, "spring"))
    assert "as a trade" not in words(as_event(told, "TEST"))
    # Of candles in files nobody trades.
    assert "as a trade" not in words(as_event(structured(), "spring"))


def test_of_several_events_of_a_name_the_newest_alone_is_judged() -> None:
    told = told_with([judged_spring()])
    (spring,) = [one for one in told.reading.events if one.name == "SPRING"]
    later = msgspec.structs.replace(spring, id="spring-9")
    events = (*told.reading.events, later)
    told = msgspec.structs.replace(told, reading=msgspec.structs.replace(told.reading, events=events))

    assert "as a trade: spring_long judges the newest SPRING alone" in words(as_event(told, spring.id))
    assert "as a trade by spring_long" in words(as_event(told, "spring-9"))


def test_a_range_that_is_not_confirmed_says_so() -> None:
    told = structured()
    assert told.reading.range is not None
    there = msgspec.structs.replace(told.reading.range, is_confirmed=False)
    unsure = msgspec.structs.replace(told, reading=msgspec.structs.replace(told.reading, range=there))

    assert "not confirmed yet: each bound is to be touched twice, in turn" in words(as_structure(unsure))
    assert "not confirmed" not in words(as_structure(told))
