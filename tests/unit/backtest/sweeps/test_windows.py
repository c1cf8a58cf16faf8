from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tidemark.backtest.sweeps.windows import MOST_WINDOWS, Walk, walk_of, windows
from tidemark.errors import SettingsError
from tidemark.units import DAY, HOUR


def days(walk: Walk, count: int) -> list[tuple[float, ...]]:
    """The windows over so many days, in days."""
    return [
        tuple(at / DAY for at in (one.train_begin, one.train_end, one.test_begin, one.test_end))
        for one in windows(walk, 0, count * DAY)
    ]


def test_windows_roll_by_the_length_of_a_test() -> None:
    assert days(Walk(train=10, test=5, purge=1), 27) == [(0, 10, 11, 16), (5, 15, 16, 21), (10, 20, 21, 26)]


def test_an_anchored_training_begins_with_the_first_day() -> None:
    assert days(Walk(train=10, test=5, is_anchored=True), 25) == [(0, 10, 10, 15), (0, 15, 15, 20), (0, 20, 20, 25)]


def test_a_training_begins_behind_the_embargo_of_a_test_that_is_over() -> None:
    # The first test is from 4 to 7; the training of the third window would begin at 6, that of the fourth at 9.
    assert [one[0] for one in days(Walk(train=4, test=3, embargo=1), 19)] == [0, 3, 6, 9, 12]
    assert [one[0] for one in days(Walk(train=6, test=2, embargo=1), 19)] == [0, 2, 4, 6, 9, 11]


def test_windows_begin_with_a_whole_day() -> None:
    assert windows(Walk(train=1, test=1), HOUR, 4 * DAY)[0].train_begin == DAY


@given(
    st.integers(1, 40), st.integers(1, 20), st.integers(0, 5), st.integers(0, 5), st.booleans(), st.integers(0, 300),
    st.integers(0, 2 * DAY),
)  # fmt: skip
def test_nothing_that_is_tested_was_chosen_by(
    train: int, test: int, purge: int, embargo: int, is_anchored: bool, length: int, begin: int
) -> None:
    walk = Walk(train=train, test=test, purge=purge, embargo=embargo, is_anchored=is_anchored)
    end = begin + length * DAY
    try:
        found = windows(walk, begin, end)
    except SettingsError:
        assume(False)

    for one in found:
        assert begin <= one.train_begin < one.train_end
        assert one.train_end + purge * DAY == one.test_begin
        assert one.test_end - one.test_begin == test * DAY
        assert one.test_end <= end
        assert one.train_end - one.train_begin <= train * DAY or is_anchored
        for other in found:
            if one.train_begin >= other.test_end:
                assert one.train_begin >= other.test_end + embargo * DAY
    assert [one.number for one in found] == list(range(len(found)))
    assert all(one.test_end == other.test_begin for one, other in pairwise(found))
    assert end - found[-1].test_end < test * DAY or len(found) == MOST_WINDOWS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("train=10d", "how long a test is"),
        ("test=10d", "how long a train is"),
        ("train=10d,test=12h", "no number of whole days"),
        ("train=10d,test=5d,gap=1d", "'gap=1d' is not understood"),
        ("train=10d,test=5d,purge", "'purge' is not understood"),
        ("train=x,test=5d", "duration 'x'"),
        ("train=0d,test=5d", "how long a train is"),
    ],
)
def test_words_that_are_no_walk_are_told(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        walk_of(text)


def test_candles_that_are_too_few_or_too_many_are_told() -> None:
    with pytest.raises(SettingsError, match="last 14 whole days, and one window takes 15"):
        windows(Walk(train=10, test=5), 0, 14 * DAY)
    with pytest.raises(SettingsError, match="1,090 windows"):
        windows(Walk(train=10, test=1), 0, 1100 * DAY)
    with pytest.raises(SettingsError, match="not shorter than a test"):
        windows(Walk(train=2, test=3, embargo=3), 0, 30 * DAY)
    with pytest.raises(SettingsError, match="leaves nothing"):
        windows(Walk(train=2, test=5, purge=2, embargo=4), 0, 30 * DAY)
