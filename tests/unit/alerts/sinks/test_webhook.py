import hashlib
import hmac
import socket
import threading
from pathlib import Path

import msgspec
import pytest
from tests.alerting import AT, Receiver, message, sink

from tidemark.errors import SettingsError, SinkError, SinkRefusedError
from tidemark.units import MILLISECOND, SECOND

KEY = "a-secret-of-sixteen"


def hook(receiver: Receiver, folder: Path, path: str = "/in?a=b") -> str:
    return f"hook webhook:http://127.0.0.1:{receiver.port}{path} secret={KEY}"


def test_a_receiver_can_check_who_sent_what_and_when(tmp_path: Path) -> None:
    with Receiver() as receiver:
        sink(hook(receiver, tmp_path), tmp_path).send(message())

    (got,) = receiver.received
    timestamp = got.headers["Tidemark-Timestamp"]
    signed = hmac.new(KEY.encode(), timestamp.encode() + b"." + got.body, hashlib.sha256).hexdigest()
    body = msgspec.json.decode(got.body)
    assert (got.path, timestamp) == ("/in?a=b", str(AT // SECOND))
    assert got.headers["Tidemark-Signature"] == f"v1={signed}"
    assert got.headers["Idempotency-Key"] == body["id"] == message().notification.id
    assert (body["title"], body["at_ms"], body["severity"]) == (
        "Confluence long: BTCUSDT",
        AT // MILLISECOND,
        "warning",
    )


@pytest.mark.parametrize(
    ("status", "headers", "retry", "wait_s"),
    [
        (500, {}, True, None),
        (429, {"Retry-After": "7"}, True, 7),
        (503, {"Retry-After": "999999"}, True, 3600),
        (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, True, None),
        (400, {}, False, None),
        (410, {}, False, None),
        (302, {"Location": "http://169.254.169.254/"}, False, None),
    ],
)
def test_an_answer_says_whether_another_attempt_can_help(
    tmp_path: Path, status: int, headers: dict[str, str], retry: bool, wait_s: float | None
) -> None:
    with Receiver() as receiver:
        receiver.answers = [(status, headers)]
        with pytest.raises(SinkError, match=f"it answered {status}") as caught:
            sink(hook(receiver, tmp_path), tmp_path).send(message())

    assert (caught.value.retry, caught.value.retry_after_s) == (retry, wait_s)
    assert len(receiver.received) == 1
    assert KEY not in str(caught.value)


def test_who_does_not_answer_is_asked_again_later(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(SinkError, match="it did not answer: Connection refused") as caught:
            sink(f"hook webhook:http://localhost:{port}/ secret={KEY}", tmp_path).send(message())

    assert caught.value.retry


def test_who_answers_something_else_is_told_by_kind_alone(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"SSH-2.0 hidden\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(SinkError, match="BadStatusLine") as caught:
            sink(f"hook webhook:http://127.0.0.1:{server.getsockname()[1]}/ secret={KEY}", tmp_path).send(message())
        thread.join()

    assert "hidden" not in str(caught.value)


def test_private_networks_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    for host in ("10.0.0.1", "169.254.169.254", "[fd00::1]"):
        with pytest.raises(SinkRefusedError, match="private network"):
            sink(f"hook webhook:https://{host}/ secret={KEY}", tmp_path).send(message())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("webhook:ftp://a/ secret=a-secret-of-sixteen", "is no address"),
        ("webhook: secret=a-secret-of-sixteen", "is no address"),
        ("webhook:https://me:word@example.org/", "is no address"),
        ("webhook:https://example.org:99999/", "is no address"),
        ("webhook:http://example.org/ secret=a-secret-of-sixteen", "write https, or allow it with plain=yes"),
        ("webhook:https://example.org/", "needs secret="),
        ("webhook:https://example.org/ secret=short", "needs secret="),
        ("webhook:https://example.org/ secret=a-secret-of-sixteen private=maybe", "write yes or no"),
        ("webhook:https://example.org/ secret=a-secret-of-sixteen loud=yes", "option 'loud', which is not known"),
    ],
)
def test_what_is_wrong_is_told_without_secrets(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        sink(f"hook {text}", tmp_path)

    assert "hook" in str(caught.value)
    assert not any(hidden in str(caught.value) for hidden in ("a-secret", "short", "word@", "example.org"))


def test_plain_http_to_others_is_possible_where_it_is_allowed(tmp_path: Path) -> None:
    assert sink(f"hook webhook:http://example.org/ secret={KEY} plain=yes", tmp_path).is_idempotent
