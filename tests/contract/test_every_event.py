"""What holds for every event of structure that the registry finds, and for every profile that names its rules."""

from collections import Counter

import numpy as np
import pytest
from tests.structures import Kernel, planted, profile

from tidemark.analysis.wyckoff import profile as profiles
from tidemark.analysis.wyckoff.events.base import Sense
from tidemark.analysis.wyckoff.events.registry import all_events
from tidemark.kernels import structure

EVENTS = all_events()
each = pytest.mark.parametrize("name", list(EVENTS))
each_profile = pytest.mark.parametrize("told", profiles.names())
# They happen on both sides, and are called the same there.
SHARED = {"AR", "ST", "TEST"}


def test_each_kind_of_the_kernel_has_one_file() -> None:
    assert sorted(event.KIND for event in EVENTS.values()) == list(range(structure.KINDS)) == list(range(10))


@each
def test_it_says_what_it_is(name: str) -> None:
    event = EVENTS[name]

    assert event.__doc__
    assert event.TITLE
    assert event.MIRRORED_TITLE
    assert event.NAME.upper() == event.NAME
    assert event.MIRRORED.upper() == event.MIRRORED
    assert set(event.PHASES) <= set("ABCDE")


@each
def test_its_values_are_named_once_and_there_is_room_for_them(name: str) -> None:
    event = EVENTS[name]

    assert 0 < len(event.VALUES) == len(set(event.VALUES)) <= structure.MOST_VALUES
    # Before them the level, behind them the log-odds.
    assert structure.VALUES == structure.MOST_VALUES + 2


@each
def test_its_rules_are_about_its_values_and_there_is_room_for_them(name: str) -> None:
    event = EVENTS[name]

    assert 0 < len(event.RULES) == len({rule.name for rule in event.RULES}) <= structure.MOST_RULES
    for rule in event.RULES:
        assert rule.value in event.VALUES, rule.name
        assert isinstance(rule.sense, Sense)
        assert rule.text, rule.name


def test_no_two_events_share_a_name_but_those_of_both_sides() -> None:
    told = Counter(name for event in EVENTS.values() for name in {event.NAME, event.MIRRORED})
    same = {event.NAME for event in EVENTS.values() if event.NAME == event.MIRRORED}

    assert set(told.values()) == {1}
    assert same == SHARED


@each_profile
def test_a_profile_names_only_what_is_known(told: str) -> None:
    one = profiles.load(told)

    assert set(one.parameters) == set(structure.PARAMETERS)
    assert set(one.rules) <= set(EVENTS)
    assert set(one.confidence) <= set(EVENTS)
    for name, rules in one.rules.items():
        assert set(rules) <= {rule.name for rule in EVENTS[name].RULES}
    for name, confidence in one.confidence.items():
        assert set(confidence.weights) <= set(EVENTS[name].VALUES)


@each
def test_in_drawn_markets_it_comes_on_both_sides_and_fits_its_rules(name: str) -> None:
    event, told = EVENTS[name], profile()
    ways = Counter[int]()
    for seed in range(120):
        given = Kernel(told).take(planted(seed))
        of_it = (given.events[:, 1] == event.KIND) & (given.events[:, 6] == 0)
        ways.update(given.events[of_it, 2].tolist())
        for values in given.values[of_it]:
            # What no name is for is not used.
            assert not values[1 + len(event.VALUES) : -1].any() or name in {"last_point", "sign_of_strength"}
            assert all(rule.passed for rule in told.judge(name, event, values[1:-1]))
            assert np.isfinite(values).all()

    assert set(ways) == {1, -1} or name == "shakeout"
