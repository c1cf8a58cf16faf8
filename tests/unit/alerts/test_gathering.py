import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.alerting import AT, VENUE, Desk, desk, event, tables

from tidemark.alerts.pace import DIGEST
from tidemark.model.notification import Event, Notification, Severity
from tidemark.settings.alerting import HISTORY
from tidemark.store.tables import ALERT_EVENTS, NOTIFICATIONS, OUTBOX
from tidemark.units import HOUR, MINUTE, SECOND


def made(one: Desk, channel: str = "phone") -> list[Notification]:
    rows = [row for row in one.rows(NOTIFICATIONS) if row.channel == channel]
    return [
        msgspec.json.decode(row.record, type=Notification) for row in sorted(rows, key=lambda row: (row.at, row.id))
    ]


def test_what_happens_within_a_window_becomes_one_notification_that_counts_all() -> None:
    one = desk(tables(), "phone file:x", window=5.0)
    one.put([event(number) for number in range(3)], AT)
    early = one.gathering.step(AT + 4 * SECOND)
    one.put([event(number) for number in range(3, 150)], AT + 4 * SECOND)
    one.gathering.step(AT + 5 * SECOND)

    (told,) = made(one)
    assert (early.made, early.next_at) == ((), AT + 5 * SECOND)
    assert (told.count, told.title, len(told.symbols)) == (150, "150 markets: Confluence long", 100)
    assert told.symbols[:2] == ("S0USDT", "S1USDT")
    assert one.rows(ALERT_EVENTS) == []


def test_what_the_cooldown_holds_back_is_counted_into_the_next_one() -> None:
    one = desk(tables(), "phone file:x", window=0.0, cooldown=60.0)
    one.put([event(0)], AT)
    one.gathering.step(AT)
    for second in range(1, 41):
        one.put([event(second)], AT + second * SECOND)
        step = one.gathering.step(AT + second * SECOND)
    held = one.gathering.step(AT + 59 * SECOND)
    one.gathering.step(AT + 60 * SECOND)

    assert (step.made, held.next_at) == ((), AT + 60 * SECOND)
    assert [told.count for told in made(one)] == [1, 40]


def test_groups_do_not_hold_each_other_back_and_the_worst_comes_first() -> None:
    one = desk(tables(), "phone file:x rate=2", window=0.0)
    one.put([event(0), event(1, rule="whale_flow"), event(2, rule="quiet_pause", severity=Severity.CRITICAL)], AT)
    step = one.gathering.step(AT)

    assert [told.severity for told in step.made if told.channel == "phone"] == [Severity.CRITICAL, Severity.WARNING]
    assert step.next_at == AT + HOUR
    assert len(one.gathering.step(AT + HOUR).made) == 1
    assert sum(told.count for told in made(one)) == 3


def test_a_digest_tells_all_rules_together() -> None:
    one = desk(tables(), "phone file:x digest=10m", window=0.0)
    one.put([event(0), event(1, rule="whale_flow")], AT)
    one.put([event(2, severity=Severity.CRITICAL)], AT)
    one.gathering.step(AT)
    one.put([event(3)], AT + MINUTE)
    one.gathering.step(AT + 10 * MINUTE)

    critical, digest = made(one)
    assert (critical.count, critical.severity) == (1, Severity.CRITICAL)
    assert (digest.group, digest.count, digest.title) == (DIGEST, 3, "3 alerts of 2 rules")


def test_the_history_has_everything_and_goes_to_no_sink() -> None:
    one = desk(tables(), "phone file:x severity=critical", window=0.0)
    one.put([event(0)], AT)
    one.gathering.step(AT)

    assert [told.channel for told in made(one, HISTORY)] == [HISTORY]
    assert one.rows(OUTBOX) == []


def test_what_waits_for_a_sink_that_is_gone_is_taken_away() -> None:
    engine = tables()
    desk(engine, "phone file:x", "other file:y").put([event(0)], AT)
    rest = desk(engine, "phone file:x", window=0.0)

    assert rest.gathering.abandon() == 1
    assert len(rest.gathering.step(AT).made) == 2


def test_a_clock_that_was_put_back_holds_nothing_back() -> None:
    one = desk(tables(), "phone file:x rate=1", window=0.0, cooldown=60.0)
    one.put([event(0)], AT + 48 * HOUR)
    one.gathering.step(AT + 48 * HOUR)
    one.put([event(1)], AT)

    assert len(one.gathering.step(AT).made) == 2


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 1200),
        st.sampled_from(["confluence", "whale_flow", "feed_quality"]),
        st.sampled_from(["S1USDT", "S2USDT", "S3USDT"]),
        st.sampled_from(list(Severity)),
    ),
    max_size=25,
)
OPTIONS = st.sampled_from(
    [
        "",
        "digest=10m",
        "rate=2",
        "quiet=16:00-16:10",
        "rules=confluence",
        "symbols=S1USDT severity=warning",
        "digest=5m rate=1",
    ]
)


@given(happened=EVENTS, options=OPTIONS, cooldown=st.sampled_from([0.0, 30.0, 600.0]))
@settings(max_examples=20, deadline=None)
def test_every_event_is_counted_in_exactly_one_notification_of_each_channel_that_takes_it(
    happened: list[tuple[int, str, str, Severity]], options: str, cooldown: float
) -> None:
    """AT is 16:00 of its day. After a day nothing waits any more, and what was counted is what happened."""
    one = desk(tables(), f"phone file:x {options}", window=5.0, cooldown=cooldown)
    events: list[Event] = []
    for number, (after, rule, symbol, severity) in enumerate(sorted(happened)):
        at = AT + after * SECOND
        told = event(number, rule=rule, symbol=symbol, severity=severity)
        one.gathering.step(at)
        one.put([told], at)
        events.append(told)
    now: int | None = AT + 1200 * SECOND
    while now is not None:
        now = one.gathering.step(now).next_at

    assert one.rows(ALERT_EVENTS) == []
    for channel in one.channels:
        mine = [told for told in events if channel.takes(told)]
        notifications = made(one, channel.name)
        assert sum(told.count for told in notifications) == len(mine)
        for group in {channel.group_of(told) for told in mine}:
            of_group = [told for told in mine if channel.group_of(told) == group]
            told_of = [told for told in notifications if told.group == group]
            assert sum(told.count for told in told_of) == len(of_group)
            assert {symbol for told in told_of for symbol in told.symbols} == {told.symbol for told in of_group}
    assert {row.venue for row in one.rows(NOTIFICATIONS)} <= {VENUE}
