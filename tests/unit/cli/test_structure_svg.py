from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from tidemark.analysis.wyckoff import profile, view
from tidemark.analysis.wyckoff.engine import Structure
from tidemark.analysis.wyckoff.kept import Kept
from tidemark.analysis.wyckoff.market import Candles, Structured
from tidemark.cli import structure_svg
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.sim.schematics.example import example

SVG = "{http://www.w3.org/2000/svg}"


def structured(until: int | None = None) -> Structured:
    """The clear accumulation, up to the last point behind its sign."""
    made, ledger = example(29), Ledger()
    last = next(one.at for one in reversed(made.labels) if one.event == "LAST_POINT") + 4 if until is None else until
    columns = {name: getattr(made.bars, name)[:last] for name in made.bars.__struct_fields__}
    engine = Structure("t", series=1, timeframe_ns=Timeframe.H1.ns, profile=profile.load("crypto"), ledger=ledger)
    kept = Kept("t/past", series=1, ledger=ledger)
    kept.take(engine.take(np.zeros(last, np.int32), *columns.values()), columns["time"])
    bars = view.Bars(**{name: columns[name] for name in ("time", "high", "low", "close")})
    prices = {name: columns[name].tolist() for name in ("open", "high", "low", "close", "volume")}
    return Structured(
        symbol="A<B", timeframe=Timeframe.H1, timeframes=[Timeframe.H1], higher=None,
        reading=view.read(engine, kept, 0, bars, Timeframe.H1.ns),
        candles=Candles(time_ms=(columns["time"] // 1_000_000).tolist(), **prices),
    )  # fmt: skip


def drawn(told: Structured, folder: Path) -> ET.Element:
    assert told.candles is not None
    structure_svg.write(told, told.candles, folder / "a.svg")
    return ET.fromstring((folder / "a.svg").read_text(encoding="utf-8"))  # noqa: S314 - our own


def test_events_bounds_and_phases_have_their_names(tmp_path: Path) -> None:
    told = structured()
    texts = [one.text for one in drawn(told, tmp_path).iter(f"{SVG}text")]

    assert {one.name for one in told.reading.events} <= set(texts)
    assert {"SC", "AR", "ST", "SPRING", "SOS", "LPS", "A", "B", "C", "D"} <= set(texts)
    assert any(text is not None and text.startswith("creek ") for text in texts)
    assert any(text is not None and text.startswith("ice ") for text in texts)


def test_every_candle_and_its_volume_is_drawn(tmp_path: Path) -> None:
    told = structured()
    assert told.candles is not None
    bars = len(told.candles.time_ms)
    kinds = [one.get("class") for one in drawn(told, tmp_path).iter(f"{SVG}rect")]

    assert sum(kind in {"up", "down"} for kind in kinds) == 2 * bars


def test_names_do_not_touch_each_other(tmp_path: Path) -> None:
    names = {one.name for one in structured().reading.events}
    placed = [
        (float(one.get("x", "0")), float(one.get("y", "0")), len(one.text or ""))
        for one in drawn(structured(), tmp_path).iter(f"{SVG}text")
        if one.text in names and one.get("text-anchor") == "middle"
    ]

    assert len(placed) > 6
    for number, (x, y, count) in enumerate(placed):
        for other_x, other_y, other in placed[:number]:
            assert abs(y - other_y) >= 14 or abs(x - other_x) >= 7 * (count + other) / 2


def test_a_market_without_a_range_says_so(tmp_path: Path) -> None:
    texts = [one.text for one in drawn(structured(until=60), tmp_path).iter(f"{SVG}text")]

    assert "no trading range" in texts
