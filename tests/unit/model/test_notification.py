import msgspec

from tidemark.model.notification import SEVERITIES, Event, Happening, Severity
from tidemark.model.signal import Side


def event(**others: object) -> Event:
    told = {
        "key": "k", "id": "i", "happened": Happening.RAISED, "rule": "confluence", "name": "long", "symbol": "BTCUSDT",
        "side": Side.LONG, "at": 1, "severity": Severity.INFO, "title": "t", "sentence": "s",
    }  # fmt: skip
    return Event(**(told | others))  # type: ignore[arg-type]


def test_a_group_is_of_one_rule_and_side_over_all_markets() -> None:
    assert event().group == event(symbol="ETHUSDT", key="other").group == "confluence/long/raised"
    assert len({event().group, event(side=Side.SHORT).group, event(happened=Happening.STOPPED).group}) == 3


def test_an_event_is_read_as_it_was_written() -> None:
    assert msgspec.json.decode(msgspec.json.encode(event()), type=Event) == event()


def test_severities_are_in_order_and_have_words() -> None:
    assert Severity.INFO < Severity.WARNING < Severity.CRITICAL
    assert {SEVERITIES[severity.word] for severity in Severity} == set(Severity)
