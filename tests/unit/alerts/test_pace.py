from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.alerting import alerts, event

from tidemark.alerts.pace import DIGEST, Channel, Waiting, channel_of, free_at, history, ready_at
from tidemark.model.notification import Happening, Severity
from tidemark.settings.alerting import check
from tidemark.units import HOUR, MINUTE, SECOND

DAY_BEGIN = 20_000 * 24 * HOUR


def channel(options: str = "", **others: Any) -> Channel:
    settings = alerts(f"phone file:x {options}", **others)
    return channel_of(check(settings)[0], settings)


def waiting(**others: Any) -> Waiting:
    told: dict[str, Any] = {"group": "g", "count": 1, "since": DAY_BEGIN, "severity": Severity.INFO}
    return Waiting(**(told | others))


def test_a_channel_takes_what_it_is_there_for() -> None:
    assert channel().takes(event())
    assert not channel("severity=critical").takes(event())
    assert channel("rules=confluence|whale_flow").takes(event())
    assert not channel("rules=whale_flow").takes(event())
    assert channel("symbols=S0USDT").takes(event(0))
    assert not channel("symbols=S0USDT").takes(event(1))
    assert not channel("events=stopped").takes(event())
    assert channel("events=stopped").takes(event(happened=Happening.STOPPED))
    assert history(alerts()).takes(event(severity=Severity.INFO))


def test_what_happens_within_the_window_is_waited_for() -> None:
    assert ready_at(waiting(), channel(window=5.0), None, DAY_BEGIN) == DAY_BEGIN + 5 * SECOND
    assert ready_at(waiting(), channel(window=5.0), None, DAY_BEGIN + 9 * SECOND) == DAY_BEGIN + 9 * SECOND


def test_after_a_notification_the_same_group_is_held_back() -> None:
    paced = channel(window=5.0, cooldown=60.0)

    assert ready_at(waiting(), paced, DAY_BEGIN - 10 * SECOND, DAY_BEGIN) == DAY_BEGIN + 50 * SECOND
    assert ready_at(waiting(), paced, DAY_BEGIN - 100 * SECOND, DAY_BEGIN) == DAY_BEGIN + 5 * SECOND


def test_a_digest_collects_all_but_what_is_critical() -> None:
    paced = channel("digest=10m")

    assert paced.group_of(event()) == DIGEST
    assert paced.group_of(event(severity=Severity.CRITICAL)) == event().group
    assert ready_at(waiting(group=DIGEST), paced, DAY_BEGIN - SECOND, DAY_BEGIN) == DAY_BEGIN + 10 * MINUTE


def test_in_quiet_hours_only_what_is_critical_is_told() -> None:
    paced = channel("quiet=22:00-07:00", window=0.0)

    assert ready_at(waiting(), paced, None, DAY_BEGIN) == DAY_BEGIN + 7 * HOUR
    assert ready_at(waiting(severity=Severity.CRITICAL), paced, None, DAY_BEGIN) == DAY_BEGIN
    assert ready_at(waiting(), paced, None, DAY_BEGIN + 8 * HOUR) == DAY_BEGIN + 8 * HOUR


def test_the_rate_is_of_any_hour() -> None:
    made = [DAY_BEGIN - MINUTE, DAY_BEGIN - 59 * MINUTE]

    assert free_at(made, 3, DAY_BEGIN) == DAY_BEGIN
    assert free_at(made, 2, DAY_BEGIN) == DAY_BEGIN + MINUTE
    assert free_at(made, None, DAY_BEGIN) == DAY_BEGIN


@given(
    since=st.integers(0, 48 * 3600),
    told=st.none() | st.integers(0, 48 * 3600),
    later=st.integers(0, 48 * 3600),
    severity=st.sampled_from(list(Severity)),
    options=st.sampled_from(["", "quiet=22:00-07:00", "digest=10m", "digest=1h quiet=12:00-13:00"]),
)
def test_what_waits_is_told_in_the_end_and_never_too_early(
    since: int, told: int | None, later: int, severity: Severity, options: str
) -> None:
    """Asked again when it said, it is ready, and it is held back at most a day and what it gathers for."""
    paced = channel(options, cooldown=3600.0)
    one = waiting(since=DAY_BEGIN + since * SECOND, severity=severity)
    told_at = None if told is None else DAY_BEGIN + min(told, since) * SECOND
    now = one.since + later * SECOND

    ready = ready_at(one, paced, told_at, now)

    assert ready >= now
    assert ready_at(one, paced, told_at, ready) == ready
    assert ready <= now + 26 * HOUR
    assert told_at is None or ready >= told_at + paced.cooldown


@given(gaps=st.lists(st.integers(0, 1800), min_size=1, max_size=60), rate=st.integers(1, 20))
def test_no_hour_has_more_than_its_rate(gaps: list[int], rate: int) -> None:
    made: list[int] = []
    now = DAY_BEGIN
    for gap in gaps:
        now = free_at(made, rate, now + gap * SECOND)
        made.insert(0, now)

    assert all(first - last >= HOUR for first, last in zip(made, made[rate:], strict=False))
