import email.message
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from tests.alerting import Receiver, message, sink

from tidemark.alerts.sinks.apprise_url import masked
from tidemark.errors import SettingsError, SinkError, SinkRefusedError


class Mailbox:
    """Takes mail, or refuses it."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _: object, __: object, envelope: Any) -> str:  # noqa: N802 - the library's name
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.answer


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    mailbox = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def test_a_mail_arrives_at_a_real_server(tmp_path: Path) -> None:
    with mail_server() as (mailbox, port):
        sink(
            f"mail mailto://127.0.0.1:{port}/?from=monitor@example.org&to=me@example.org&mode=insecure", tmp_path
        ).send(message(text="above <b>65</b> & more"))

    (mail,) = mailbox.mails
    body = mail.get_body()
    assert mail["Subject"] == "Confluence long: BTCUSDT"
    assert mail["To"] is not None
    assert "me@example.org" in mail["To"]
    assert body is not None
    assert "above" in body.get_content()


def test_a_server_that_refuses_is_told_without_secrets(tmp_path: Path) -> None:
    with mail_server() as (mailbox, port):
        mailbox.answer = "554 no"
        with pytest.raises(SinkError, match="the service did not take it: ") as caught:
            sink(
                f"mail mailto://127.0.0.1:{port}/?from=monitor@example.org&to=hidden@example.org&mode=insecure",
                tmp_path,
            ).send(message())

    assert caught.value.retry
    assert "hidden" not in str(caught.value)


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    with Receiver() as receiver:
        receiver.answers = [(307, {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"})]
        with pytest.raises(SinkError):
            sink(f"hook json://127.0.0.1:{receiver.port}/in", tmp_path).send(message())
        sink(f"hook json://127.0.0.1:{receiver.port}/in", tmp_path).send(message())

    assert [got.path.rstrip("/") for got in receiver.received] == ["/in", "/in"]


def test_a_generic_webhook_of_apprise_goes_to_nobody_in_private(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="write jsons://, or allow it with plain=yes"):
        sink("hook json://example.org/", tmp_path)
    with pytest.raises(SinkRefusedError, match="private=yes"):
        sink("hook jsons://10.0.0.1/", tmp_path).send(message())


@pytest.mark.parametrize("text", ["nothing://hidden", "tgram://hidden", "ntfy://x loud=yes", "slack:hidden"])
def test_what_apprise_does_not_understand_is_told_without_the_address(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"alerts\.sinks: a") as caught:
        sink(f"a {text}", tmp_path)

    assert "hidden" not in str(caught.value)


def test_nothing_of_an_address_is_told() -> None:
    url = "tgram://1234:abcd-efg/5678/?to=%40some_one"

    assert (
        masked("a\nfailed for 1234 and abcd-efg at some_one: error=401\n", url)
        == "failed for *** and *** at ***: error=401"
    )
    assert masked("", url) == ""
    assert len(masked("x" * 500, url)) == 200
