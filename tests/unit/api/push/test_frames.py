import doctest

import pytest
from tests.unit.api.push.made import frames_of

from tidemark.api.push import frames
from tidemark.api.push.frames import close_frame, pong_frame, text_frame


def test_the_examples_hold() -> None:
    assert doctest.testmod(frames).failed == 0


@pytest.mark.parametrize(("length", "head"), [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10)])
def test_a_frame_says_its_length_in_as_few_bytes_as_it_takes(length: int, head: int) -> None:
    frame = text_frame(b"x" * length)

    assert len(frame) == head + length
    assert frame[0] == 0x81
    assert frame[1] < 0x80, "a server masks nothing"
    assert frames_of(frame) == ([(1, b"x" * length)], b"")


def test_a_close_frame_carries_a_code_and_as_much_of_the_reason_as_it_may() -> None:
    frame = close_frame(1013, "ü" * 100)

    assert frame[:2] == bytes([0x88, 124])
    assert int.from_bytes(frame[2:4]) == 1013
    assert frame[4:].decode() == "ü" * 61


def test_a_pong_carries_what_the_ping_did() -> None:
    assert pong_frame(b"abc") == b"\x8a\x03abc"
    assert len(pong_frame(b"x" * 500)) == 127
