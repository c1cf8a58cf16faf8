"""The plain rules, each by an example of it."""

import numpy as np

from tidemark.analysis.wyckoff.reading import Bars, Found
from tidemark.proof.accuracy.textbook import CHANNEL, Textbook


def bars(*last: tuple[float, float, float, float]) -> Bars:
    """A range from 99 to 101 and, behind it, bars of high, low, close and volume."""
    rows = np.array([(101.0, 99.0, 100.0, 10.0)] * CHANNEL + list(last))
    high, low, close, volume = (column.copy() for column in rows.T)
    return Bars(time=np.arange(len(rows)), open=close, high=high, low=low, close=close, volume=volume)


def told(*last: tuple[float, float, float, float]) -> list[tuple[str, int, int]]:
    events: list[Found] = Textbook().take(bars(*last)).events
    return [(one.event, one.direction, one.at) for one in events]


def test_a_climax_is_wide_and_heavy_at_an_extreme() -> None:
    assert told((100.0, 96.0, 99.5, 30.0)) == [("CLIMAX", 1, CHANNEL)]
    assert told((104.0, 100.0, 101.5, 30.0)) == [("CLIMAX", -1, CHANNEL)]
    assert told((100.0, 96.0, 99.5, 15.0)) == []
    assert told((100.0, 98.5, 99.5, 30.0)) == []


def test_a_spring_is_light_and_comes_back() -> None:
    assert told((100.0, 98.0, 99.5, 5.0)) == [("SPRING", 1, CHANNEL)]
    assert told((102.0, 100.0, 100.5, 5.0)) == [("SPRING", -1, CHANNEL)]
    assert told((100.0, 98.0, 98.5, 5.0)) == []


def test_a_sign_closes_beyond_on_volume() -> None:
    assert told((103.0, 100.5, 102.5, 16.0)) == [("SIGN_OF_STRENGTH", 1, CHANNEL)]
    assert told((99.5, 97.0, 97.5, 16.0)) == [("SIGN_OF_STRENGTH", -1, CHANNEL)]


def test_chunks_give_what_the_whole_gives() -> None:
    rng = np.random.default_rng(1)
    close = 100 * np.exp(np.cumsum(0.01 * rng.standard_normal(2000)))
    wide = close * 0.01 * rng.random(2000)
    whole = Bars(
        time=np.arange(2000), open=close, high=close + wide, low=close - wide, close=close, volume=10 * rng.random(2000)
    )
    parts = Textbook()
    in_parts = [
        found
        for begin in range(0, 2000, 130)
        for found in parts.take(
            Bars(**{name: getattr(whole, name)[begin : begin + 130] for name in Bars.__struct_fields__})
        ).events
    ]

    assert len(in_parts) > 20
    assert in_parts == Textbook().take(whole).events


def test_flat_bars_say_nothing() -> None:
    flat = np.full(200, 5.0)
    read = Textbook().take(Bars(time=np.arange(200), open=flat, high=flat, low=flat, close=flat, volume=np.zeros(200)))

    assert read.events == []
    assert not read.phases.any()
