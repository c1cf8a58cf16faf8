import msgspec
import pytest
from tests.alerting import alerts, notification

from tidemark.live.alerts_job import RESIDENT_BYTES, AlertsFigures, AlertsJob, Said, Told, decode, encode, reserve


def test_a_job_is_read_as_it_was_written_with_its_secrets_and_shows_none() -> None:
    job = AlertsJob(venue="bybit", folder="/x", database=None, alerts=alerts("a ntfy://hidden"), link=None)

    assert decode(encode(job)) == job
    assert encode(job).endswith(b"\n")
    assert b"hidden" in encode(job)
    assert "hidden" not in repr(job)


def test_what_is_said_is_told_apart() -> None:
    for said in (
        Told(notification=notification()),
        AlertsFigures(events=1, late=0, notifications=1, unread=0, sinks=()),
    ):
        assert msgspec.json.decode(msgspec.json.encode(said), type=Said) == said


def test_what_is_no_job_is_refused() -> None:
    for wrong in (b"", b"{}", b"[1]"):
        with pytest.raises(msgspec.DecodeError):
            decode(wrong)
    with pytest.raises(TypeError):
        encode(
            msgspec.structs.replace(AlertsJob(venue="", folder="", database=None, alerts=alerts(), link=None), link=1j)
        )


def test_it_stands_beside_the_plan() -> None:
    assert reserve().bytes >= RESIDENT_BYTES
