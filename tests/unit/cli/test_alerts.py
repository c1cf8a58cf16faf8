import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.alerting import AT, Receiver, desk, event

from tidemark.cli.alerts import command
from tidemark.errors import SettingsError
from tidemark.store.database import Database

Tidemark = Callable[..., Any]
KEY = "a-secret-of-sixteen"


@pytest.fixture
def alerts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tidemark:
    """`tidemark alerts ACTION NAMES`, for the store of this test, in this process."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def call(action: str, *names: str, sinks: str = "", **options: bool | int) -> tuple[int, str]:
        given = [f"store.folder={tmp_path}", *([f"alerts.sinks={sinks}"] if sinks else [])]
        code = command(action, list(names), set_=given, **options)  # type: ignore[arg-type]
        return code, capsys.readouterr().out

    return call


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Three notifications, of which two could not be sent to the sink `phone`."""
    folder = tmp_path / "bybit"
    with Database.open(None, folder) as database:
        one = desk(database.engine, "phone file:x", window=0.0, cooldown=0.0)
        for number in range(3):
            one.put([event(number)], AT + number)
            one.gathering.step(AT + number)
        for _ in range(2):
            letter = one.outbox.take("phone", AT + 3)
            assert letter is not None
            one.outbox.died(letter.number, AT, "it answered 410 Gone")
    return folder


def test_each_sink_is_tried_at_once(alerts: Tidemark) -> None:
    with Receiver() as receiver:
        sinks = f"hook webhook:http://127.0.0.1:{receiver.port}/ secret={KEY}, log file:a.jsonl"
        code, output = alerts("test", sinks=sinks)
        receiver.answers = [(500, {})]
        failed = alerts("test", "hook", json=True, sinks=sinks)

    assert (code, output.count("yes")) == (0, 2)
    (tried,) = json.loads(failed[1])
    assert (failed[0], tried["is_sent"], tried["scheme"]) == (1, False, "webhook")
    assert "it answered 500" in tried["detail"]
    assert KEY not in output + failed[1]


def test_without_sinks_it_says_how_to_name_one(alerts: Tidemark) -> None:
    code, output = alerts("test")

    assert (code, output.split(";")[0]) == (0, "no sink is configured")
    assert alerts("test", json=True)[1] == "[]\n"


def test_what_was_told_is_listed_until_it_is_read(alerts: Tidemark, kept: Path) -> None:
    code, output = alerts("list")
    listed = json.loads(alerts("list", limit=2, json=True)[1])
    read = alerts("read", listed[0]["id"])
    unread = json.loads(alerts("list", unread=True, json=True)[1])

    assert (code, "S2USDT: Confluence long" in output) == (0, True)
    assert [one["symbols"] for one in listed] == [["S2USDT"], ["S1USDT"]]
    assert read == (0, "1 notifications are read now\n")
    assert [one["symbols"] for one in unread] == [["S1USDT"], ["S0USDT"]]
    assert json.loads(alerts("read", all_=True, json=True)[1]) == {"changed": 2}


def test_dead_letters_are_listed_and_sent_again(alerts: Tidemark, kept: Path) -> None:
    code, output = alerts("dead")
    found = json.loads(alerts("dead", json=True)[1])

    assert (code, "410" in output, len(found)) == (0, True, 2)
    assert alerts("resend", str(found[0]["number"]))[1].startswith("1 dead letters are sent again")
    assert json.loads(alerts("resend", all_=True, json=True)[1]) == {"changed": 1}
    assert alerts("dead")[1].startswith("there is no dead letter")


def test_nothing_was_kept_yet(alerts: Tidemark, tmp_path: Path) -> None:
    assert alerts("list") == (0, "nobody was told anything; `tidemark alerts test` tries the sinks\n")
    assert json.loads(alerts("dead", json=True)[1]) == []
    assert json.loads(alerts("read", all_=True, json=True)[1]) == {"changed": 0}
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("send",), {}, "alerts 'send' is not known"),
        (("test", "phone"), {}, "there is no sink 'phone'"),
        (("list", "x"), {}, "takes no names"),
        (("resend",), {}, "needs either names or --all"),
        (("read", "x"), {"all_": True}, "needs either names or --all"),
        (("resend", "x"), {}, "is no number of a dead letter"),
        (("test",), {"sinks": "phone"}, "has no address"),
    ],
)
def test_what_is_not_understood_is_told(
    alerts: Tidemark, arguments: tuple[str, ...], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        alerts(*arguments, **options)


def test_from_outside_it_is_a_code_and_a_line(tidemark: Callable[..., tuple[int, str, str]]) -> None:
    code, output, error = tidemark("alerts", "resend")

    assert (code, output, error.count("\n")) == (2, "", 1)
