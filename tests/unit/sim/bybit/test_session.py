import json
from collections.abc import Callable
from typing import Any

import pytest

from tidemark.sim.bybit.session import MOST_CHARACTERS, BybitSession
from tidemark.sim.generator import Generator
from tidemark.sim.venue import Answer


@pytest.fixture
def session(make: Callable[..., Generator]) -> BybitSession:
    session = BybitSession(make())
    assert session.opened("/v5/public/linear", {}) == Answer()
    return session


def say(session: BybitSession, command: object, topics: set[str] | None = None) -> tuple[Any, Answer]:
    answer = session.heard(json.dumps(command), 0, topics or set())
    return json.loads(answer.replies[0]), answer


def test_a_subscription_is_acknowledged_under_its_id(session: BybitSession) -> None:
    told, answer = say(session, {"op": "subscribe", "args": ["publicTrade.BTCUSDT"], "req_id": "a1"})

    assert {name: told[name] for name in ("success", "ret_msg", "req_id", "op")} == {
        "success": True, "ret_msg": "", "req_id": "a1", "op": "subscribe",
    }  # fmt: skip
    assert told["conn_id"]
    assert answer.subscribe == ("publicTrade.BTCUSDT",)


def test_a_ticker_snapshot_follows_the_acknowledgement(session: BybitSession) -> None:
    _, answer = say(session, {"op": "subscribe", "args": ["tickers.BTCUSDT"]})

    assert [json.loads(text).get("type") for text in answer.replies] == [None, "snapshot"]


def test_one_unknown_topic_refuses_the_whole_message(session: BybitSession) -> None:
    told, answer = say(session, {"op": "subscribe", "args": ["publicTrade.BTCUSDT", "publicTrade.NOSUCH"]})

    assert told["success"] is False
    assert told["ret_msg"] == "error:handler not found,topic:publicTrade.NOSUCH"
    assert answer.subscribe == ()


def test_a_ping_is_answered_with_its_id(session: BybitSession) -> None:
    told, _ = say(session, {"op": "ping", "req_id": "p"})

    assert (told["success"], told["ret_msg"], told["req_id"], told["op"]) == (True, "pong", "p", "ping")


def test_topics_beyond_21000_characters_are_refused(session: BybitSession) -> None:
    held = {f"publicTrade.{k:06d}" for k in range(MOST_CHARACTERS // 18)}
    assert sum(map(len, held)) == 20_988

    short, fits = say(session, {"op": "subscribe", "args": ["tickers.XRPUSDT"]}, set(list(held)[1:]))
    long, over = say(session, {"op": "subscribe", "args": ["tickers.XRPUSDT"]}, held)

    assert (short["success"], fits.subscribe) == (True, ("tickers.XRPUSDT",))
    assert (long["success"], over.subscribe) == (False, ())
    assert "21000" in long["ret_msg"]


def test_unsubscribing_names_what_ends(session: BybitSession) -> None:
    told, answer = say(session, {"op": "unsubscribe", "args": ["publicTrade.BTCUSDT"]})

    assert told["success"] is True
    assert answer.unsubscribe == ("publicTrade.BTCUSDT",)


@pytest.mark.parametrize("text", ["", "[]", '{"op":1}', "{", '{"args":[]}', '{"x":' + "[" * 9999])
def test_nonsense_is_refused_and_the_connection_stays(session: BybitSession, text: str) -> None:
    answer = session.heard(text, 0, set())

    assert json.loads(answer.replies[0])["success"] is False
    assert answer.close is None


def test_an_unknown_operation_is_refused(session: BybitSession) -> None:
    told, _ = say(session, {"op": "auth", "args": ["key"]})

    assert (told["success"], told["ret_msg"], told["op"]) == (False, "error:invalid op", "auth")
