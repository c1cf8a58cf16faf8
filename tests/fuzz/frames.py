"""A frame through the scanners, through the decoder alone, and as plain events: all three agree, and all is sound.

Each frame lies in memory of its own that ends where it ends, so that AddressSanitizer sees a byte read too many.
"""

import ctypes
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import NamedTuple

from tests.fuzz.soundness import check_columns, is_sound

from tidemark.errors import FrameError
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Parser
from tidemark.ingest.venues.binance.parse import BinanceParser
from tidemark.ingest.venues.bybit.parse import BybitParser
from tidemark.ingest.venues.frame import FrameKind
from tidemark.model.batch import Batch
from tidemark.model.events import BookDelta, BookSnapshot, MarketEvent

SLOTS = {"BTCUSDT": 0, "ETHUSDT": 1, "XRPUSDT": 2, "BTCUSDC": 3, "BTCUSDT_261225": 4, "SUSHIUSDT": 5}
ODD_NUMBERS = ("", "0", "0.0", "00.1", "1.", ".1", "1e3", "-1", "+1", " 1", "NaN", "9" * 17, "1." + "3" * 17)
RECV = 1_800_000_000_000_000_007
_C = ctypes.CDLL(None)
_C.malloc.restype = ctypes.c_void_p
_C.malloc.argtypes = (ctypes.c_size_t,)
_C.free.argtypes = (ctypes.c_void_p,)


class Outcome(NamedTuple):
    """What became of a frame: why it was refused, or what it added."""

    refused: str | None
    trades: list[tuple[float, ...]]
    books: list[tuple[object, ...]]
    events: list[MarketEvent]
    skipped: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing was added."""
        return not (self.trades or self.books or self.events)


def refusal(call: Callable[[], None]) -> str | None:
    """The kind by which *call* refuses a frame, None when it takes it; anything but a FrameError comes through."""
    try:
        call()
    except FrameError as error:
        return error.kind
    return None


def repeats_a_key(frame: bytes) -> bool:
    """Whether an object has the same key twice: the last one counts, but checking refuses a bad one before it too."""

    def is_plain(pairs: list[tuple[str, object]]) -> None:
        if len({key for key, _ in pairs}) < len(pairs):
            raise _RepeatedError

    try:
        json.loads(frame, object_pairs_hook=is_plain)
    except _RepeatedError:
        return True
    except (ValueError, RecursionError):
        return False
    return False


class _RepeatedError(Exception):
    pass


def book_row(event: BookSnapshot | BookDelta) -> tuple[object, ...]:
    """A book message as a row of the columns, with its levels."""
    first, previous = (event.first_id, event.previous_id) if isinstance(event, BookDelta) else (None, None)
    ids = (-1 if first is None else first, event.update_id, -1 if previous is None else previous)
    is_snapshot = int(isinstance(event, BookSnapshot))
    return (SLOTS[event.symbol], is_snapshot, event.ts_event, event.ts_recv, *ids, event.bids, event.asks)


def book_rows(batch: Batch) -> list[tuple[object, ...]]:
    """The book messages in the columns, each with its levels."""
    books = batch.books
    *columns, start, bids, asks, price, size = (column[: books.filled + books.count] for column in books.arrays)
    levels = list(zip(price.tolist(), size.tolist(), strict=True))
    rows: list[tuple[object, ...]] = []
    for row in range(books.count):
        middle = start[row] + bids[row]
        sides = tuple(levels[start[row] : middle]), tuple(levels[middle : middle + asks[row]])
        rows.append((*(column[row].item() for column in columns), *sides))
    return rows


def outcome(parser: Parser, frame: bytes | memoryview, batch: Batch) -> Outcome:
    """What *parser* makes of *frame*; book messages are rows, whether they came as such or as events."""
    batch.clear()
    skipped = parser.skipped
    refused = refusal(lambda: parser.feed(frame, RECV, batch))
    trades = [tuple(column[row].item() for column in batch.trades.arrays) for row in range(batch.trades.count)]
    books = [event for event in batch.events if isinstance(event, BookSnapshot | BookDelta)]
    return Outcome(
        refused,
        trades,
        book_rows(batch) + [book_row(event) for event in books],
        [event for event in batch.events if not isinstance(event, BookSnapshot | BookDelta)],
        parser.skipped - skipped,
    )


@contextmanager
def alone(frame: bytes) -> Iterator[memoryview]:
    """*frame* in memory that ends where it ends."""
    place = _C.malloc(max(len(frame), 1))
    ctypes.memmove(place, frame, len(frame))
    view = memoryview((ctypes.c_char * len(frame)).from_address(place)).cast("B") if frame else memoryview(b"")
    try:
        yield view
    finally:
        # Views that a traceback still holds are never read again.
        _C.free(place)


class Pair:
    """The parser of a venue with and without its scanners."""

    def __init__(self, name: str) -> None:
        self.scanning, self.decoding = (
            BybitParser(SLOTS, scans=scans) if name == "bybit" else BinanceParser(SLOTS, scans=scans)
            for scans in (True, False)
        )
        self._plain = registry.find(name).parser({"BTCUSDT": 0})
        self._batches = Batch(5000, 5000, 64, 20_000), Batch(5000, 5000, 64, 20_000)

    def check(self, frame: bytes) -> Outcome:
        """What both make of *frame*; AssertionError when they disagree, or when it is not sound."""
        with alone(frame) as view:
            found = outcome(self.scanning, view, self._batches[0])
        expected = outcome(self.decoding, frame, self._batches[1])
        assert found == expected, f"{frame[:4000]!r}\nscanner: {found}\ndecoder: {expected}"
        assert found.refused is None or found.is_empty, f"refused as {found.refused}, and added all the same: {found}"
        assert found.refused is None or found.refused in set(FrameKind), found.refused
        check_columns(self._batches[0])
        return found

    def check_events(self, frame: bytes) -> bool:
        """Check that *frame* is fed and parsed alike, and that the events are sound; whether it is of use."""
        events: list[MarketEvent] = []
        fed = outcome(self._plain, frame, self._batches[0]).refused
        parsed = refusal(lambda: events.extend(self._plain.parse(frame, RECV)))
        assert fed == parsed or repeats_a_key(frame), f"feed says {fed}, parse says {parsed}"
        assert all(map(is_sound, events)), events
        return fed is None


def number(rng: Random, whole: int = 6, decimals: int = 6) -> str:
    """A number as the exchanges write it, now and then as they do not."""
    text = str(rng.randrange(10 ** rng.randrange(1, whole)))
    if rng.random() < 0.8:
        text += "." + "".join(rng.choice("0123456789") for _ in range(rng.randrange(1, decimals)))
    if rng.random() < 0.02:
        text = rng.choice(ODD_NUMBERS)
    return text


def levels(rng: Random) -> str:
    """One side of a book."""
    return ",".join(f'["{number(rng)}","{number(rng)}"]' for _ in range(rng.choice((0, 1, 2, 5, 20))))


def members(rng: Random, *texts: str) -> str:
    """The members of an object, seldom in another order, seldom one too many or too few."""
    listed = list(texts)
    match rng.randrange(40):
        case 0:
            rng.shuffle(listed)
        case 1:
            listed.append(rng.choice(listed))
        case 2:
            listed.remove(rng.choice(listed))
        case 3:
            extra = ('"x":1', '"nq":"2.0"', '"RPI":true', '"":"x"', '"long name":"y"', '"z":null', '"st":2', '"w":[1]')
            listed.insert(rng.randrange(1, len(listed) + 1), rng.choice(extra))
    return ",".join(listed)


def made(name: str, rng: Random) -> bytes:
    """A frame of a hot kind in the shape of the exchange *name*."""
    symbol = rng.choice(("BTCUSDT", "BTCUSDT", "ETHUSDT", "ETHUSDT", "BTCUSDC", "BTCUSDT_261225", "NONEUSDT"))
    ts = rng.choice((1_672_304_486_865, 1_789_470_139_371, rng.randrange(10**13)))
    stamp, one = rng.randrange(10 ** rng.randrange(1, 18)), rng.randrange(10**12)
    if name == "bybit" and rng.random() < 0.5:
        rows = [
            members(
                rng, f'"T":{ts}', f'"s":"{symbol}"', f'"S":"{rng.choice(("Buy", "Sell"))}"', f'"v":"{number(rng)}"',
                f'"p":"{number(rng)}"', '"L":"PlusTick"', f'"i":"{rng.getrandbits(rng.randrange(1, 128)):x}"',
                '"BT":false', '"RPI":false', f'"seq":{stamp}',
            )
            for _ in range(rng.choice((1, 1, 2, 3, 9)))
        ]  # fmt: skip
        data = ",".join(f"{{{row}}}" for row in rows)
        text = members(rng, '"type":"snapshot"', f'"ts":{ts}', f'"data":[{data}]')
        return f'{{"topic":"publicTrade.{symbol}",{text}}}'.encode()
    if name == "bybit":
        kind = rng.choice(("snapshot", "delta", "delta"))
        data = members(
            rng, f'"s":"{symbol}"', f'"b":[{levels(rng)}]', f'"a":[{levels(rng)}]', f'"u":{stamp}', f'"seq":{one}'
        )
        text = members(rng, f'"type":"{kind}"', f'"ts":{ts}', f'"data":{{{data}}}', f'"cts":{ts + 1}')
        return f'{{"topic":"orderbook.50.{symbol}",{text}}}'.encode()
    match rng.randrange(3):
        case 0:
            stream = "aggTrade"
            text = members(
                rng, '"e":"aggTrade"', f'"E":{ts}', f'"a":{stamp}', f'"s":"{symbol}"', f'"p":"{number(rng)}"',
                f'"q":"{number(rng)}"', '"nq":"1"', '"f":1', '"l":2', f'"T":{ts}', '"m":true', '"st":1',
            )  # fmt: skip
        case 1:
            stream = "trade"
            text = members(
                rng, '"e":"trade"', f'"E":{ts}', f'"T":{ts}', f'"s":"{symbol}"', f'"t":{stamp}', f'"p":"{number(rng)}"',
                f'"q":"{number(rng)}"', f'"X":"{rng.choice(("MARKET", "MARKET", "ADL"))}"', '"m":false',
            )  # fmt: skip
        case _:
            stream = rng.choice(("depth@100ms", "depth@0ms", "depth5", "depth20@100ms", "depth"))
            text = members(
                rng, '"e":"depthUpdate"', f'"E":{ts}', f'"T":{ts}', f'"s":"{symbol}"', f'"U":{stamp}', f'"u":{stamp}',
                f'"pu":{one}', f'"b":[{levels(rng)}]', f'"a":[{levels(rng)}]', '"st":1',
            )  # fmt: skip
    if rng.random() < 0.3:
        return f"{{{text}}}".encode()
    return f'{{"stream":"{symbol.lower()}@{stream}","data":{{{text}}}}}'.encode()
