from collections import Counter

import numpy as np
import pytest

from tidemark.backtest.sweeps.search import Search, drawn, search_of
from tidemark.backtest.sweeps.space import Span, axes_of, range_of
from tidemark.errors import SettingsError

AXES = axes_of(["kind=a,b"], ["fast=5:9", "stop=log:0.001:0.1"])


def asked(search: Search, most: int = 100) -> list[dict[str, str]]:
    found = list[dict[str, str]]()
    while len(found) < most and (one := search.ask()) is not None:
        assert one[0] == len(found) + 1
        found.append(dict(one[1]))
    return found


def test_a_grid_is_asked_in_its_order_and_is_over_when_all_is_told() -> None:
    search = search_of("grid", axes_of(["fast=1,2", "slow=8,9"], []), 4, seed=1, at_once=1)

    found = asked(search)
    for number in (4, 1, 3):
        search.tell(number, None)

    assert [(one["fast"], one["slow"]) for one in found] == [("1", "8"), ("1", "9"), ("2", "8"), ("2", "9")]
    assert not search.is_over
    search.tell(2, 1.0)
    assert search.is_over


def test_what_is_drawn_follows_from_the_seed_and_the_number_alone() -> None:
    ten, five = (asked(search_of("random", AXES, count, seed=3, at_once=1)) for count in (10, 5))
    other = asked(search_of("random", AXES, 10, seed=4, at_once=1))

    assert ten[:5] == five
    assert ten != other


def test_every_whole_number_of_a_range_is_as_likely() -> None:
    rng = np.random.default_rng(1)

    counts = Counter(drawn(Span("fast", 5, 9, is_whole=True), rng) for _ in range(5000))

    assert set(counts) == {"5", "6", "7", "8", "9"}
    assert min(counts.values()) > 880


def test_a_range_over_magnitudes_is_spread_over_them() -> None:
    rng = np.random.default_rng(1)

    found = np.array([float(drawn(range_of("stop=log:0.001:0.1"), rng)) for _ in range(4000)])

    assert found.min() >= 0.001
    assert found.max() <= 0.1
    assert np.mean(found < 0.01) == pytest.approx(0.5, abs=0.03)


def test_a_search_that_is_none_is_told() -> None:
    with pytest.raises(SettingsError, match="there are grid, random, tpe"):
        search_of("best", AXES, 4, seed=1, at_once=1)
