from datetime import UTC, datetime

import msgspec
import pytest

from tidemark.errors import DECODE_ERRORS, FrameError
from tidemark.ingest.venues import frame
from tidemark.ingest.venues.base import MAX_FRAME_BYTES, MAX_FRAME_ROWS, Channel, Topic
from tidemark.ingest.venues.frame import FrameKind
from tidemark.model.batch import Batch


def kind_of(body: bytes, type_: object) -> FrameKind:
    with pytest.raises(DECODE_ERRORS) as caught:
        msgspec.json.decode(body, type=type_, strict=False)
    return FrameKind(frame.refusal(caught.value).kind)


@pytest.mark.parametrize("text", [b'"NaN"', b'"inf"', b'"-inf"', b'"0"', b"-1", b'"1e300"', b"1e999"])
def test_prices_are_finite_and_positive(text: bytes) -> None:
    assert kind_of(text, frame.Positive) == FrameKind.BAD_NUMBER


@pytest.mark.parametrize("text", [b'"NaN"', b"-1", b'"inf"'])
def test_amounts_are_finite_and_not_negative(text: bytes) -> None:
    assert kind_of(text, frame.Amount) == FrameKind.BAD_NUMBER
    assert msgspec.json.decode(b'"0"', type=frame.Amount, strict=False) == 0


@pytest.mark.parametrize("text", [b"1230767999999", b"9214646400000", b"-5", b'"0"', b"1" * 40])
def test_times_lie_between_2009_and_2262(text: bytes) -> None:
    assert kind_of(text, frame.TimeMs) == FrameKind.BAD_TIME


def test_the_bounds_of_time_are_those_of_the_calendar() -> None:
    def milliseconds(year: int) -> int:
        return int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1000

    assert milliseconds(2009) == frame.MIN_TIME_MS
    assert milliseconds(2262) - 1 == frame.MAX_TIME_MS
    assert frame.MAX_TIME_MS * frame.MS_TO_NS < 1 << 63


def test_other_faults_are_told_apart() -> None:
    assert kind_of(b'"abc', str) == FrameKind.TRUNCATED
    assert kind_of(b'"much"', frame.Positive) == FrameKind.MALFORMED
    assert kind_of(b"[" * 100_000, msgspec.Raw) == FrameKind.MALFORMED
    assert kind_of(b'"\xff"', str) == FrameKind.MALFORMED
    assert kind_of(b"[" + b"[1,1]," * MAX_FRAME_ROWS + b"[1,1]]", frame.Levels) == FrameKind.OVERSIZED


def test_a_frame_of_the_largest_size_passes() -> None:
    frame.check_size(bytes(MAX_FRAME_BYTES))

    with pytest.raises(FrameError, match="frame of 1048577 bytes; the most that is read is 1048576"):
        frame.check_size(bytes(MAX_FRAME_BYTES + 1))


def test_room_is_counted_from_the_rows_that_are_there() -> None:
    batch = Batch(10)
    batch.trades.count = 4

    frame.check_room(batch, 6)
    with pytest.raises(FrameError, match="7 trades in one frame, and room for 6"):
        frame.check_room(batch, 7)


def test_topics_are_cut_by_number_and_by_bytes() -> None:
    topics = [Topic(name, Channel.TRADES, name) for name in ("aaaa", "币", "cccc", "dddd")]

    # With quotes and a comma: 7, 6 (three bytes in UTF-8), 7 and 7.
    assert [len(chunk) for chunk in frame.chunked(topics, 3, 1000)] == [3, 1]
    assert [len(chunk) for chunk in frame.chunked(topics, 100, 13)] == [2, 1, 1]
    assert [len(chunk) for chunk in frame.chunked(topics, 100, 14)] == [2, 2]
    assert [len(chunk) for chunk in frame.chunked(topics, 100, 1)] == [1, 1, 1, 1]
    assert frame.chunked([], 3, 1000) == []
