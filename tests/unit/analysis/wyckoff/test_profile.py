import msgspec
import numpy as np
import pytest
from tests.structures import PARAMETERS, RULES, profile

from tidemark.analysis.wyckoff.events.registry import all_events
from tidemark.analysis.wyckoff.profile import DEFAULT, Confidence, Phases, Threshold, check, load, names
from tidemark.errors import SettingsError
from tidemark.kernels import structure

CONFIDENCE = Confidence(
    constant=1.5, weights={"depth": (0.1, 0.5, 2.0, -1.0), "bars": (3.0, 4.0, 5.0, 6.0)}, least=-0.25,
    steps=((-1.0, 0.1), (1.0, 0.5), (3.0, 0.9)),
)  # fmt: skip


@pytest.mark.parametrize("name", names())
def test_every_profile_that_there_is_can_be_read_and_says_what_it_is(name: str) -> None:
    told = load(name)

    assert told.name == name
    assert told.version
    assert told.about
    for event, confidence in told.confidence.items():
        file = all_events()[event]
        assert set(confidence.weights) <= set(file.VALUES)
        odds, shares = zip(*confidence.steps, strict=True)
        assert list(odds) == sorted(set(odds))
        assert list(shares) == sorted(shares)
        assert 0.0 <= shares[0] <= shares[-1] <= 1.0
    if told.phases is not None:
        assert np.sum(told.phases.follows, axis=1) == pytest.approx(np.ones(structure.PHASES), abs=1e-3)
        assert np.array(told.phases.seen).shape == (structure.PHASES, structure.SEEN)


def test_the_default_is_there_and_what_is_not_is_refused_with_those_that_are() -> None:
    assert DEFAULT in names()
    with pytest.raises(SettingsError, match=rf"profile 'nosuch' is none; there are .*{DEFAULT}"):
        load("nosuch")


def test_a_profile_is_no_path() -> None:
    with pytest.raises(SettingsError, match="is none"):
        load("../profiles/crypto")


def test_a_parameter_that_is_missing_is_named() -> None:
    few = {name: value for name, value in PARAMETERS.items() if name != "touch"}

    with pytest.raises(SettingsError, match=r"profile 'drawn': parameters \['touch'\] are missing or unknown"):
        check(msgspec.structs.replace(profile(), parameters=few))


def test_a_parameter_that_is_unknown_is_named() -> None:
    with pytest.raises(SettingsError, match=r"profile 'drawn': parameters \['spin'\] are missing or unknown"):
        profile({"spin": 1.0})


def test_an_event_that_is_unknown_is_named_with_those_that_are() -> None:
    with pytest.raises(SettingsError, match=r"profile 'drawn': rules.leap is no event; there are preliminary, climax,"):
        profile(leap={"volume": 1.0})


def test_a_rule_that_is_unknown_is_named() -> None:
    with pytest.raises(SettingsError, match=r"profile 'drawn': rules.spring has no rule \['speed'\]"):
        profile(spring={"speed": 1.0})


def test_a_field_that_is_unknown_is_refused() -> None:
    text = msgspec.json.encode(msgspec.to_builtins(profile()) | {"mood": "good"})

    with pytest.raises(msgspec.ValidationError, match="mood"):
        msgspec.json.decode(text, type=type(profile()))


def test_parameters_are_in_the_order_of_the_kernel() -> None:
    row = profile().parameter_row()

    assert row.tolist() == [PARAMETERS[name] for name in structure.PARAMETERS]


def test_rules_are_rows_of_a_table() -> None:
    table, counts = profile().rule_table()

    assert counts.tolist() == [len(RULES[name]) for name in all_events()]
    # Of a spring: "depth" is its value 0, at most 0.45; "bars" its value 3, at most 6. In the order of the file.
    assert table[structure.SPRING, :2].tolist() == [[0.0, -1.0, 0.45, 1.0], [3.0, -1.0, 6.0, 1.0]]
    # Of the test: "above" is at least 0.
    assert table[structure.TEST, 0].tolist() == [0.0, 1.0, 0.0, 1.0]
    assert not table[structure.SPRING, 2:].any()


def test_a_rule_that_is_only_told_is_no_condition_of_the_table() -> None:
    rules = {**profile().rules, "spring": {"volume": Threshold(1.3, required=False)}}
    table, counts = msgspec.structs.replace(profile(), rules=rules).rule_table()

    assert counts[structure.SPRING] == 1
    assert table[structure.SPRING, 0].tolist() == [1.0, -1.0, 1.3, 0.0]


def test_log_odds_are_rows_of_a_table_and_without_them_nothing_is_refused() -> None:
    table = msgspec.structs.replace(profile(), confidence={"spring": CONFIDENCE}).odds_table()

    assert table[structure.SPRING, :2].tolist() == [-0.25, 1.5]
    assert table[structure.SPRING, 2:6].tolist() == [0.1, 0.5, 2.0, -1.0]
    # "bars" is the fourth value.
    assert table[structure.SPRING, 14:18].tolist() == [3.0, 4.0, 5.0, 6.0]
    assert not table[structure.SPRING, 6:14].any()
    assert table[structure.CLIMAX, 0] == -np.inf
    assert not table[structure.CLIMAX, 1:].any()


def test_phases_are_columns_of_a_table() -> None:
    follows = tuple(tuple(1.0 if n == k else 0.0 for n in range(5)) for k in range(5))
    seen = tuple(tuple(k + n / 100 for n in range(structure.SEEN)) for k in range(5))
    table = msgspec.structs.replace(profile(), phases=Phases(follows=follows, seen=seen)).likely_table()

    assert table[:5].tolist() == np.eye(5).tolist()
    # How the range is seen goes down, phases go across.
    assert table[5 + 3].tolist() == [0.03, 1.03, 2.03, 3.03, 4.03]
    assert not profile().likely_table().any()


@pytest.mark.parametrize(
    ("odds", "share"), [(-9.0, 0.1), (-1.0, 0.1), (0.0, 0.3), (1.0, 0.5), (2.5, 0.8), (3.0, 0.9), (50.0, 0.9)]
)
def test_a_share_lies_between_the_steps_and_never_beyond_them(odds: float, share: float) -> None:
    assert CONFIDENCE.of(odds) == pytest.approx(share)


def test_each_rule_is_held_against_what_was_measured() -> None:
    told = profile()
    rules = {**told.rules, "spring": {"depth": Threshold(0.45), "volume": Threshold(1.3, required=False)}}
    told = msgspec.structs.replace(told, rules=rules)
    event = all_events()["spring"]
    values = np.zeros(len(event.VALUES))
    values[event.VALUES.index("depth")], values[event.VALUES.index("volume")] = 0.45, 1.4

    depth, volume = told.judge("spring", event, values)

    assert (depth.rule, depth.measured, depth.sense, depth.threshold) == ("depth", 0.45, "<=", 0.45)
    assert (depth.passed, depth.required) == (True, True)
    assert (volume.rule, volume.measured, volume.passed, volume.required) == ("volume", 1.4, False, False)
    assert told.judge("nosuch", event, values) == []


def test_at_least_is_met_by_the_threshold_itself() -> None:
    event = all_events()["test"]
    rule = profile().judge("test", event, np.zeros(len(event.VALUES)))[0]

    assert (rule.rule, rule.sense, rule.passed) == ("above", ">=", True)
