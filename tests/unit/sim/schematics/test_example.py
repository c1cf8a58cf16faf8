import numpy as np

from tidemark.sim.schematics.example import example
from tidemark.sim.schematics.label import END, PHASE


def test_it_is_one_schematic_with_a_market_around_it() -> None:
    made = example(29)

    assert {label.range_id for label in made.labels} == {1}
    assert [label.phase for label in made.labels if label.event == PHASE] == ["A", "B", "C", "D", "E"]
    assert made.labels[0].at > 100
    assert made.labels[-1].event == END
    assert made.labels[-1].at < len(made.bars.time)
    assert (np.diff(made.bars.time) > 0).all()


def test_the_same_seed_makes_the_same_bars() -> None:
    assert np.array_equal(example(29).bars.close, example(29).bars.close)
    assert not np.array_equal(example(29).bars.close, example(30).bars.close[: len(example(29).bars.close)])
