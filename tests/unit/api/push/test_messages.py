import msgspec
import pytest

from tidemark.api.push.messages import (
    Authenticate,
    Delta,
    Hello,
    Ping,
    Pong,
    PushProblem,
    Said,
    Snapshot,
    Subscribe,
    Subscribed,
    Unsubscribe,
)

FIRST = "1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"op":"subscribe","topic":"overview"}', Subscribe(topic="overview")),
        ('{"op":"subscribe","topic":"overview","since":7}', Subscribe(topic="overview", since=7)),
        ('{"op":"unsubscribe","token":"1"}', Unsubscribe(token=FIRST)),
        ('{"op":"pong"}', Pong()),
        ('{"op":"authenticate","token":"1"}', Authenticate(token=FIRST)),
    ],
)
def test_what_a_client_may_say(text: str, said: object) -> None:
    assert msgspec.json.decode(text, type=Said) == said


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"op":"say"}', '{"op":"subscribe"}', '{"op":"subscribe","topic":"' + "x" * 121 + '"}',
     '{"op":"subscribe","topic":"overview","since":-1}', '{"op":"unsubscribe","token":3}'],
)  # fmt: skip
def test_what_a_client_may_not_say(text: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        msgspec.json.decode(text, type=Said)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (Hello(ts=5, heartbeat_s=20), '{"type":"hello","v":1,"ts":5,"heartbeat_s":20}'),
        (Ping(ts=5), '{"type":"ping","ts":5}'),
        (PushProblem(detail="why"), '{"type":"error","detail":"why"}'),
        (PushProblem(topic="x", detail="why"), '{"type":"error","topic":"x","detail":"why"}'),
        (
            Subscribed(topic="x", token=FIRST, subscriptions=2),
            '{"type":"subscribed","topic":"x","token":"1","subscriptions":2}',
        ),
        (Snapshot(topic="x", seq=1, ts=5), '{"type":"snapshot","topic":"x","seq":1,"ts":5}'),
        (Delta(topic="x", seq=2, ts=6), '{"type":"delta","topic":"x","seq":2,"ts":6}'),
    ],
)
def test_what_a_client_is_told(message: msgspec.Struct, text: str) -> None:
    assert msgspec.json.encode(message).decode() == text
