import msgspec

from tidemark.analysis.wyckoff.events.base import Judged, Rule, Sense
from tidemark.analysis.wyckoff.events.registry import all_events


def test_a_sense_is_written_as_it_is_read() -> None:
    assert [one.value for one in Sense] == [">=", "<="]


def test_a_rule_without_a_unit_has_none() -> None:
    assert Rule("depth", "depth", Sense.AT_MOST, "how far").unit == ""


def test_a_rule_that_was_judged_can_be_handed_on() -> None:
    judged = Judged(
        rule="depth", text="how far", measured=0.1, sense="<=", threshold=0.45, unit="", passed=True, required=False
    )

    assert msgspec.json.decode(msgspec.json.encode(judged), type=Judged) == judged


def test_a_unit_is_one_that_is_known() -> None:
    units = {rule.unit for event in all_events().values() for rule in event.RULES}

    assert units <= {"", "%", "ATR", "bars"}
