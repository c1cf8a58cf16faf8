import numpy as np
from tests.build import MIDNIGHT, engine

from tidemark.analysis.analysis import Weights
from tidemark.analysis.columns import Column
from tidemark.analysis.moment_readings import LEARN_NS, MomentReadings
from tidemark.analysis.sources import registry
from tidemark.memory.ledger import Ledger
from tidemark.units import SECOND


def readings(*, hears: bool = True) -> tuple[MomentReadings, Ledger]:
    made = engine(weights=Weights())
    assert made.analysis is not None
    ledger = Ledger()
    return MomentReadings(made.analysis.markets, series=4, ledger=ledger, hears=hears), ledger


class Told:
    """A source that knows what is bid and offered."""

    def __init__(self, figure: float) -> None:
        self.figure = figure

    def read(self, now_ns: int) -> dict[str, Column]:
        return {name: Column.of(np.full(4, self.figure + now_ns % 2)) for name in ("bids_25", "asks_25")}


def test_every_source_is_read_and_each_series_has_the_time_of_it() -> None:
    made, _ = readings()

    made.read(MIDNIGHT)

    assert made.panel.at.tolist() == [MIDNIGHT] * 4
    assert set(made.panel.inputs) == {column for name in registry.names() for column in registry.given(name)}


def test_what_is_usual_is_learned_from_one_reading_in_ten_seconds() -> None:
    made, _ = readings()
    seen = []
    for second in range(25):
        made._sources = {"told": Told(1.0 + second)}  # type: ignore[dict-item]
        made.read(MIDNIGHT + second * SECOND)
        seen.append(int(made.panel.kept()["usual/seen"].max()))

    assert LEARN_NS == 10 * SECOND
    assert np.flatnonzero(np.diff([0, *seen])).tolist() == [0, 10, 20]


def test_where_nothing_is_told_but_candles_it_says_what_silent_sources_would() -> None:
    silent, _ = readings()
    without, ledger = readings(hears=False)

    for second in range(3):
        silent.read(MIDNIGHT + second * SECOND)
        without.read(MIDNIGHT + second * SECOND)

    kept = without.panel.kept()
    assert all(np.array_equal(kept[name], column) for name, column in silent.panel.kept().items())
    assert without.kept().keys() < silent.kept().keys()
    reserved = {line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"}
    assert reserved == {one.owner: one.bytes for one in MomentReadings.reserve(series=4, hears=False)}


def test_it_takes_what_it_reserved() -> None:
    _, ledger = readings()

    reserved = {line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"}
    assert reserved == {one.owner: one.bytes for one in MomentReadings.reserve(series=4)}
