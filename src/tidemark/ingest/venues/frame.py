"""What every frame goes through: its size, the kinds of refusal, and the numbers that are believed.

The bounds stand in the types, so the decoder checks each number while it reads it, and one place turns its complaint
into a FrameError.
"""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from tidemark.errors import FrameError
from tidemark.ingest.venues.base import MAX_FRAME_BYTES, MAX_FRAME_ROWS, Topic
from tidemark.model.batch import Batch

# 2009-01-01, when there was nothing to trade yet, and 2262-01-01, after which int64 nanoseconds end.
MIN_TIME_MS = 1_230_768_000_000
MAX_TIME_MS = 9_214_646_399_999
MS_TO_NS = 1_000_000
MAX_NUMBER = 1e300
MAX_INT = (1 << 63) - 1

# Positive and finite. NaN fails any comparison, and so does not pass either.
Positive = Annotated[float, Meta(gt=0, lt=MAX_NUMBER)]
# The same, or zero: volumes, and the size of a level that is removed.
Amount = Annotated[float, Meta(ge=0, lt=MAX_NUMBER)]
# A fraction, as funding rates are; the exchanges cap them at a few percent.
Rate = Annotated[float, Meta(gt=-100, lt=100)]
# A part of a whole.
Share = Annotated[float, Meta(ge=0, le=1)]
TimeMs = Annotated[int, Meta(ge=MIN_TIME_MS, le=MAX_TIME_MS)]
# Ids and sequence numbers: int64, never negative.
Number = Annotated[int, Meta(ge=0, le=MAX_INT)]
# Exchanges write an empty text where there is no figure: no bid, no funding on a dated contract.
Blank = Literal[""]
Level = tuple[Positive, Amount]
Levels = Annotated[tuple[Level, ...], Meta(max_length=MAX_FRAME_ROWS)]


class FrameKind(StrEnum):
    """Why a frame could not be used: a closed set, because refusals are counted by it."""

    UNKNOWN = "unknown"  # well-formed, and nothing that we know
    MALFORMED = "malformed"  # not JSON, a field missing or of the wrong type
    TRUNCATED = "truncated"  # ends in the middle
    OVERSIZED = "oversized"  # more bytes or rows than any honest frame has, or than there is room for
    NOT_LINEAR = "not_linear"  # a spot, coin-margined or dated market: not a linear perpetual
    BAD_NUMBER = "bad_number"  # a price or size that is no positive finite number
    BAD_TIME = "bad_time"  # before 2009, or past the end of int64 nanoseconds
    REFUSED = "refused"  # the exchange says no


def refusal(error: Exception) -> FrameError:
    """The FrameError for what a decoder raised."""
    text = str(error)
    if "truncated" in text:
        kind = FrameKind.TRUNCATED
    elif f">= {MIN_TIME_MS}" in text or f"<= {MAX_TIME_MS}" in text:
        kind = FrameKind.BAD_TIME
    elif f"length <= {MAX_FRAME_ROWS}" in text:
        kind = FrameKind.OVERSIZED
    elif "Expected `float` " in text or "out of range" in text or "Expected `int` " in text:
        kind = FrameKind.BAD_NUMBER
    else:
        kind = FrameKind.MALFORMED
    return FrameError(kind, f"frame cannot be decoded: {text}")


def check_size(frame: bytes | memoryview) -> None:
    """Refuse a frame that no honest exchange sends, before anything looks into it."""
    if len(frame) > MAX_FRAME_BYTES:
        raise FrameError(
            FrameKind.OVERSIZED, f"frame of {len(frame)} bytes; the most that is read is {MAX_FRAME_BYTES}"
        )


def check_room(batch: Batch, trades: int) -> None:
    """Refuse *trades* rows that the columns cannot take: they are written without bounds checks."""
    if batch.trades.count + trades > batch.trades.capacity:
        room = batch.trades.capacity - batch.trades.count
        raise FrameError(FrameKind.OVERSIZED, f"{trades} trades in one frame, and room for {room}")


def check_book_room(batch: Batch, messages: int, levels: int) -> None:
    """Refuse *messages* of books with *levels* in all that the columns cannot take."""
    books = batch.books
    if books.count + messages > books.capacity or books.filled + levels > books.room:
        raise FrameError(
            FrameKind.OVERSIZED,
            f"{messages} book messages of {levels} levels in one frame, and room for {books.capacity - books.count} of"
            f" {books.room - books.filled}",
        )


def topic_bytes(topic: Topic) -> int:
    """What a topic takes in a subscription: its name in UTF-8, two quotes and a comma."""
    return len(topic.name.encode()) + 3


def chunked(topics: list[Topic], count: int, size: int) -> list[tuple[Topic, ...]]:
    """Cut *topics* into runs of at most *count* topics and *size* bytes, as few as possible, in order."""
    chunks: list[tuple[Topic, ...]] = []
    run: list[Topic] = []
    run_bytes = 0
    for topic in topics:
        length = topic_bytes(topic)
        if run and (len(run) == count or run_bytes + length > size):
            chunks.append(tuple(run))
            run, run_bytes = [], 0
        run.append(topic)
        run_bytes += length
    if run:
        chunks.append(tuple(run))
    return chunks
