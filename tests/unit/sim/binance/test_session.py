import json

import pytest

from tidemark.sim.binance.session import MOST_MESSAGES, MOST_STREAMS, BinanceSession
from tidemark.sim.venue import Answer


def opened(path: str = "/ws", **query: str) -> tuple[BinanceSession, Answer]:
    session = BinanceSession()
    return session, session.opened(path, query)


def say(session: BinanceSession, command: object, topics: set[str] | None = None, at_ms: int = 0) -> Answer:
    return session.heard(json.dumps(command), at_ms, topics or set())


@pytest.mark.parametrize(
    ("path", "query", "streams", "is_combined"),
    [
        ("/ws", {}, (), False),
        ("/ws/btcusdt@trade", {}, ("btcusdt@trade",), False),
        ("/ws/0", {}, (), False),
        ("/stream", {"streams": "a@trade/b@aggTrade"}, ("a@trade", "b@aggTrade"), True),
        ("/market/stream", {"streams": "a@aggTrade"}, ("a@aggTrade",), True),
        ("/public/ws/a@bookTicker", {}, ("a@bookTicker",), False),
    ],
)
def test_the_address_names_streams_and_their_form(
    path: str, query: dict[str, str], streams: tuple[str, ...], is_combined: bool
) -> None:
    session, answer = opened(path, **query)

    assert answer == Answer(subscribe=streams)
    assert session.is_combined is is_combined


def test_a_subscription_is_acknowledged_even_of_an_unknown_stream() -> None:
    answer = say(opened()[0], {"method": "SUBSCRIBE", "params": ["btcusdt@trade", "nosuch@x"], "id": 3})

    assert answer.replies == (b'{"result":null,"id":3}',)
    assert answer.subscribe == ("btcusdt@trade", "nosuch@x")


def test_subscriptions_are_listed_and_ended() -> None:
    session, _ = opened()

    assert say(session, {"method": "LIST_SUBSCRIPTIONS", "id": 1}, {"b", "a"}).replies == (
        b'{"result":["a","b"],"id":1}',
    )
    gone = say(session, {"method": "UNSUBSCRIBE", "params": ["a"], "id": "x"})
    assert (gone.replies, gone.unsubscribe) == ((b'{"result":null,"id":"x"}',), ("a",))


def test_one_stream_too_many_ends_the_connection() -> None:
    held = {f"s{k}@trade" for k in range(MOST_STREAMS)}
    session, _ = opened()

    again = say(session, {"method": "SUBSCRIBE", "params": ["s1@trade"], "id": 1}, held)
    over = say(session, {"method": "SUBSCRIBE", "params": ["x@trade"], "id": 2}, held)

    assert again.close is None
    assert json.loads(over.replies[0]) == {"error": {"code": 4, "msg": "Too many subscriptions"}}
    assert over.close == "Invalid request"


def test_the_eleventh_message_within_a_second_ends_the_connection() -> None:
    session, _ = opened()
    listing = {"method": "LIST_SUBSCRIPTIONS", "id": 1}

    allowed = [say(session, listing, at_ms=k).close for k in range(MOST_MESSAGES)]

    assert allowed == [None] * MOST_MESSAGES
    assert session.heard(None, 999, set()).close == "Too many requests"


def test_ten_messages_a_second_are_allowed_for_ever() -> None:
    session, _ = opened()

    assert all(session.heard(None, k * 100, set()).close is None for k in range(100))


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", 3), ("[]", 2), ('{"method":"DANCE","id":1}', 2), ('{"method":5,"id":1}', 2), ('{"method":"SUBSCRIBE"}', 2)],
)
def test_nonsense_is_answered_with_an_error(text: str, code: int) -> None:
    answer = opened()[0].heard(text, 0, set())

    assert json.loads(answer.replies[0])["error"]["code"] == code
    assert answer.close is None


def test_since_2026_each_path_carries_its_own_streams() -> None:
    market, public, old = (opened(path)[0] for path in ("/market/stream", "/public/stream", "/stream"))

    assert market.delivers("btcusdt@aggTrade")
    assert not market.delivers("btcusdt@bookTicker")
    assert public.delivers("btcusdt@bookTicker")
    assert not public.delivers("!ticker@arr")
    assert all(session.delivers("btcusdt@trade") for session in (market, public, old))
    assert old.delivers("btcusdt@aggTrade")
    assert old.delivers("btcusdt@depth@100ms")


def test_what_is_nested_too_deeply_is_no_json() -> None:
    answer = opened()[0].heard('{"x":' + "[" * 9999, 0, set())

    assert json.loads(answer.replies[0])["error"]["code"] == 3
