import pytest
from tests.alerting import signal, transition

from tidemark.alerts.events import event_of, happening_of, title_of
from tidemark.model.notification import Happening, Severity
from tidemark.model.signal import Kind, Reason, Record, Side, Stage


def test_a_signal_is_told_with_its_sentence_and_figures() -> None:
    told = event_of(signal(), signal(), {})

    assert told is not None
    assert (told.happened, told.severity, told.title) == (
        Happening.RAISED,
        Severity.WARNING,
        "Liquidation cascade long",
    )
    assert (told.sentence, told.reads, told.price) == (signal().sentence, signal().reads, 100.0)


@pytest.mark.parametrize(
    ("was", "now", "reason", "expected"),
    [
        (Stage.PENDING, Stage.PENDING, Reason.RAISED, None),
        (Stage.PENDING, Stage.ACTIVE, Reason.RAISED, None),
        (Stage.PENDING, Stage.ACTIVE, Reason.ENTERED, Happening.ENTERED),
        (Stage.ACTIVE, Stage.ACTIVE, Reason.FIRST_TARGET, Happening.TARGET),
        (Stage.ACTIVE, Stage.TARGET, Reason.LAST_TARGET, Happening.TARGET),
        (Stage.ACTIVE, Stage.STOPPED, Reason.STOP, Happening.STOPPED),
        (Stage.PENDING, Stage.EXPIRED, Reason.MISSED, Happening.EXPIRED),
        (Stage.PENDING, Stage.INVALIDATED, Reason.PASSED, Happening.INVALIDATED),
        (Stage.ACTIVE, Stage.ENDED, Reason.CEASED, Happening.ENDED),
        (Stage.ACTIVE, Stage.ACTIVE, Reason.CEASED, None),
        (Stage.STOPPED, Stage.STOPPED, Reason.CEASED, None),
    ],
)
def test_each_step_of_a_signal_is_one_happening_or_none(
    was: Stage, now: Stage, reason: Reason, expected: Happening | None
) -> None:
    assert happening_of(transition(was=was, now=now, reason=reason)) is expected


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.RAISED])
def test_every_reason_has_words(reason: Reason) -> None:
    told = event_of(transition(was=Stage.ACTIVE, now=Stage.EXPIRED, reason=reason), signal(), {})

    assert told is not None
    assert told.sentence
    assert told.reads == signal().reads


def test_keys_tell_all_that_happens_to_a_signal_apart() -> None:
    records: list[Record] = [signal(), transition(at=5), transition(at=6), transition(at=6, reason=Reason.LAST_TARGET)]

    keys = {told.key for record in records if (told := event_of(record, signal(), {}, Happening.TARGET)) is not None}

    assert len(keys) == 4


def test_severity_is_of_the_condition_before_the_rule_before_the_kind() -> None:
    rules = {"liquidation_cascade": Severity.CRITICAL, "liquidation_cascade/short": Severity.INFO}

    def severity(given: dict[str, Severity], **others: object) -> Severity:
        told = event_of(signal(**others), signal(**others), given)
        assert told is not None
        return told.severity

    assert severity(rules) is Severity.CRITICAL
    assert severity(rules, name="short") is Severity.INFO
    assert severity({}) is Severity.WARNING
    assert severity({}, kind=Kind.NOTICE) is Severity.INFO
    stopped = event_of(transition(), signal(), rules, Happening.STOPPED)
    assert stopped is not None
    assert stopped.severity is Severity.WARNING


def test_titles_say_the_side_or_the_condition_and_know_rules_of_other_versions() -> None:
    assert title_of("feed_quality", "memory_pressure", Side.NEUTRAL, Happening.RAISED) == "Feed quality memory pressure"
    assert title_of("of_later", "x", Side.SHORT, Happening.STOPPED) == "of later short: stopped"
