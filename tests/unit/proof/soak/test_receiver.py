import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.alerting import message, sink

from tidemark.alerts.sinks.base import Sink
from tidemark.errors import SinkError, SinkRefusedError
from tidemark.proof.soak import receiver as module
from tidemark.proof.soak.receiver import Manner, Receiver, Reception

KEY = "a-secret-of-sixteen"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(KEY)
    yield made
    made.close()


def hook(receiver: Receiver, secret: str = KEY) -> Sink:
    return sink(f"hook webhook:{receiver.url} secret={secret}", Path())


def test_what_it_is_sent_it_knows_once_by_its_key_and_in_order(receiver: Receiver) -> None:
    for number in (2, 1, 2):
        hook(receiver).send(message(number))

    assert [key[-1] for key in sorted(receiver.arrivals, key=lambda key: receiver.arrivals[key].place)] == ["2", "1"]
    assert receiver.reception() == Reception(taken=2, repeated=1, again=1)
    assert (
        receiver.arrivals[message(1).notification.id].contents != receiver.arrivals[message(2).notification.id].contents
    )


def test_another_content_under_a_key_that_is_known_is_noticed(receiver: Receiver) -> None:
    hook(receiver).send(message(1))
    hook(receiver).send(message(1, text="it is above 70"))

    assert receiver.reception().changed == 1


def test_what_is_signed_with_something_else_or_is_no_notification_is_refused(receiver: Receiver) -> None:
    with pytest.raises(SinkRefusedError, match="400"):
        hook(receiver, "another-secret-of-more").send(message(1))
    connection = http.client.HTTPConnection(receiver.url.split("/")[2], timeout=5)
    connection.request("POST", "/soak", b"{}")
    status = connection.getresponse().status
    connection.close()

    assert status == 400
    assert receiver.reception() == Reception(unsigned=2)


def test_a_body_that_is_too_long_is_not_read(receiver: Receiver) -> None:
    with pytest.raises(SinkError):
        hook(receiver).send(message(1, text="x" * 300_000))
    assert receiver.reception() == Reception()


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        (Manner.REFUSES, "it answered 503"),
        (Manner.HANGS_UP, "it did not answer"),
        (Manner.GONE, "it did not answer: Connection refused"),
    ],
)
def test_it_fails_as_it_is_told_and_takes_what_comes_again_as_new(
    receiver: Receiver, manner: Manner, words: str
) -> None:
    receiver.behave(manner)
    with pytest.raises(SinkError, match=words) as failure:
        hook(receiver).send(message(1))
    before = receiver.reception()
    receiver.behave(None)
    hook(receiver).send(message(1, attempt=2))

    assert failure.value.retry
    assert failure.value.retry_after_s == (20 if manner is Manner.REFUSES else None)
    assert before == Reception(failed={} if manner is Manner.GONE else {manner.value: 1})
    assert receiver.reception().taken == 1
    assert receiver.reception().repeated == 0


def test_one_that_hangs_has_what_it_was_sent_and_knows_it_when_it_comes_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidemark.alerts.sinks.webhook._STEP_S", 0.2)
    receiver.behave(Manner.HANGS)
    with pytest.raises(SinkError, match="it did not answer: TimeoutError"):
        hook(receiver).send(message(1))
    receiver.behave(None)
    hook(receiver).send(message(1, attempt=2))

    # It came again, but after no answer.
    assert receiver.reception() == Reception(taken=1, repeated=1, again=0, failed={"sink hangs": 1})


def test_its_port_is_its_own_also_while_it_is_gone_and_no_thread_is_left_behind(receiver: Receiver) -> None:
    port = int(receiver.url.split(":")[2].split("/")[0])
    for _ in range(3):
        receiver.behave(Manner.GONE)
        with socket.socket() as other, pytest.raises(OSError, match="Address already in use"):
            other.bind(("127.0.0.1", port))
        receiver.behave(None)
        hook(receiver).send(message(1))
    receiver.close()

    assert not any(thread.name == "receiver" for thread in threading.enumerate())
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))


def test_it_keeps_no_more_keys_than_it_may(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEYS", 2)
    for number in range(4):
        hook(receiver).send(message(number))

    assert len(receiver.arrivals) == 2
    assert receiver.reception().unkept == 2
