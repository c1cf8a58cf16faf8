import numpy as np

from tidemark.sim.schematics.background import Background
from tidemark.sim.schematics.parameters import TUNE
from tidemark.sim.schematics.path import Course, draw


def pieces(count: int) -> list[Course]:
    background = Background(np.random.default_rng(5), TUNE)
    return [background.piece() for _ in range(count)]


def test_nothing_of_it_is_labelled() -> None:
    assert all(not piece.marks and not piece.phases for piece in pieces(100))


def test_it_holds_climaxes_without_a_range_and_spikes_without_a_climax() -> None:
    some = pieces(200)

    reversals = [one for piece in some for one in piece.told if one.volume >= 2.2]
    assert 15 <= len(reversals) <= 50
    assert sum(len(piece.spikes) for piece in some) > 50
    assert sum(len(piece.lifts) for piece in some) > 5


def test_a_bar_of_it_is_about_as_wide_as_one_is_in_the_mean() -> None:
    spreads = np.concatenate([(drawn.high - drawn.low) for drawn in (draw(one, 0.3, 0.4) for one in pieces(200))])

    assert 0.85 < spreads.mean() < 1.15
