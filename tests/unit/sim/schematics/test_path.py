import numpy as np

from tidemark.sim.schematics.path import Course, draw


def course(seed: int = 1) -> Course:
    return Course(np.random.default_rng(seed), 0.0, 0.4)


def test_a_leg_ends_where_it_goes_and_stays_within_its_bounds() -> None:
    one = course()
    one.go(30, 5.0, floor=-0.5, cap=5.5)

    drawn = draw(one, 0.3, 0.4)

    assert len(drawn.close) == one.bars == 30
    assert drawn.close[-1] == 5.0
    assert drawn.low.min() >= -0.5
    assert drawn.high.max() <= 5.5


def test_an_extreme_is_the_furthest_bar_of_the_legs_on_both_sides() -> None:
    one = course()
    one.reach(10, 6.0, 1, volume=1.0)
    at = one.reach(10, 2.0, -1, volume=3.0, spread=2.0)
    one.reach(10, 7.0, 1, volume=1.0)

    drawn = draw(one, 0.3, 0.4)

    assert at == 19
    assert drawn.low[at] == 2.0
    assert drawn.high[at] == 4.0
    assert np.delete(drawn.low[10:30], at - 10).min() > 2.0
    assert drawn.volume[at] == 3.0


def test_a_bar_is_a_bar() -> None:
    one = course(3)
    for number in range(20):
        one.reach(1 + number % 4, 4.0 if number % 2 else 0.0, 1 if number % 2 else -1, volume=1.0)
    one.lifts.append((5, 2.0))

    drawn = draw(one, 0.3, 0.4)

    assert (drawn.low <= np.minimum(drawn.open, drawn.close)).all()
    assert (drawn.high >= np.maximum(drawn.open, drawn.close)).all()


def test_a_spike_is_of_volume_alone() -> None:
    plain, spiked = course(4), course(4)
    for one in (plain, spiked):
        one.go(20, 1.0)
    spiked.spikes.append((7, 4.0))

    before, after = draw(plain, 0.3, 0.4), draw(spiked, 0.3, 0.4)

    assert after.volume[7] == 4.0 * before.volume[7]
    assert (after.close == before.close).all()
