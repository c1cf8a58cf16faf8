"""Damages frames and feeds them to the parsers until something other than a FrameError comes out.

    python -m tests.fuzz.fuzz_parsers --seconds 60

Starts from the frames of the contract suite, and from the recordings where they are. Prints the frame that broke a
promise, and the seed that finds it again.
"""

import argparse
import gzip
import json
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec

from tidemark.clock import SystemClock
from tidemark.errors import FrameError
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Parser
from tidemark.ingest.venues.frame import FrameKind
from tidemark.model.batch import Batch
from tidemark.model.events import BookDelta, BookSnapshot, Kline, Liquidation, MarketEvent, TickerUpdate, Trade

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("TIDEMARK_DATA", ROOT.parent / "shared" / "data"))
VALUES: tuple[bytes, ...] = (
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"-0.0",
    b"1e-400",
    b"99999999999999999999999999",
    b'"NaN"',
    b'"-Infinity"',
    b'""',
    b'"0"',
    b'"-5"',
    b'"1e308"',
    b'"\\ud800"',
    b'"\\u0000"',
    b'"\xff"',
    b"[]",
    b"{}",
    b"[[]]",
    b"[" * 3000,
    b'{"a":' * 3000,
)


def seeds(name: str) -> list[bytes]:
    """The frames to start from: hand-written ones of a venue, and recorded ones where they are."""
    file = json.loads((ROOT / "tests" / "contract" / "venues" / f"{name}.json").read_bytes())
    found = [msgspec.json.encode(case["frame"]) for case in file["frames"] + file["refused"] if "frame" in case]
    captured = DATA / "ws" / "captured_2026_frames.jsonl"
    if captured.is_file():
        found += [line for line in captured.read_bytes().splitlines() if (b'"topic"' in line) == (name == "bybit")]
    recording = DATA / "ws" / "hftbacktest_usdm_btcusdt_20240808.gz"
    if name == "binance" and recording.is_file():
        with gzip.open(recording) as lines:
            found += [line.partition(b" ")[2].strip() for _, line in zip(range(400), lines, strict=False)]
    return [frame for frame in found if frame]


def flip_bits(frame: bytearray, rng: Random, _: list[bytes]) -> bytearray:
    for _flip in range(rng.randint(1, 8)):
        frame[rng.randrange(len(frame))] ^= 1 << rng.randrange(8)
    return frame


def cut(frame: bytearray, rng: Random, _: list[bytes]) -> bytearray:
    return frame[: rng.randrange(len(frame))]


def remove(frame: bytearray, rng: Random, _: list[bytes]) -> bytearray:
    start = rng.randrange(len(frame))
    del frame[start : start + rng.randint(1, 20)]
    return frame


def splice(frame: bytearray, rng: Random, others: list[bytes]) -> bytearray:
    other = rng.choice(others)
    return frame[: rng.randrange(len(frame))] + other[rng.randrange(len(other)) :]


def swap_value(frame: bytearray, rng: Random, _: list[bytes]) -> bytearray:
    """Put something else where a value stands: after a colon, up to the next comma or bracket."""
    colons = [at for at, byte in enumerate(frame) if byte == ord(":")]
    if not colons:
        return frame
    start = rng.choice(colons) + 1
    ends = [at for at in (frame.find(mark, start) for mark in (b",", b"}", b"]")) if at >= 0]
    frame[start : min(ends, default=len(frame))] = rng.choice(VALUES)
    return frame


def swap_digits(frame: bytearray, rng: Random, _: list[bytes]) -> bytearray:
    digits = [at for at, byte in enumerate(frame) if chr(byte).isdigit()]
    for at in rng.sample(digits, min(len(digits), 5)):
        frame[at] = rng.choice(b"0123456789-.eE+")
    return frame


def repeat(frame: bytearray, rng: Random, _: list[bytes]) -> bytearray:
    start = rng.randrange(len(frame))
    part = frame[start : start + rng.randint(1, 200)]
    frame[start:start] = part * rng.randint(1, 50)
    return frame


MUTATIONS: tuple[Callable[[bytearray, Random, list[bytes]], bytearray], ...] = (
    flip_bits,
    cut,
    remove,
    splice,
    swap_value,
    swap_value,
    swap_digits,
    repeat,
)


def mutate(frame: bytes, rng: Random, others: list[bytes]) -> bytes:
    """*frame*, damaged in one to three ways."""
    damaged = bytearray(frame)
    for _ in range(rng.randint(1, 3)):
        if damaged:
            damaged = rng.choice(MUTATIONS)(damaged, rng, others)
    return bytes(damaged)


def is_sound(event: MarketEvent) -> bool:
    """Whether every price is finite and positive, every size finite and not negative, every time believable."""
    match event:
        case Trade() | Liquidation():
            positive: list[float | None] = [event.price, event.size]
            amounts: list[float | None] = []
        case Kline():
            positive, amounts = [event.open, event.high, event.low, event.close], [event.volume, event.turnover]
        case TickerUpdate():
            positive = [event.last, event.mark, event.index, event.bid, event.ask, event.bid_size, event.ask_size]
            positive += [event.high_24h, event.low_24h, event.price_24h_ago]
            amounts = [event.volume_24h, event.turnover_24h, event.open_interest, abs(event.funding_rate or 0.0)]
        case BookSnapshot() | BookDelta():
            positive = [price for price, _ in event.bids + event.asks]
            amounts = [size for _, size in event.bids + event.asks]
        case _:
            return False
    return (
        all(value is None or 0 < value < math.inf for value in positive)
        and all(value is None or 0 <= value < math.inf for value in amounts)
        and 1_230_768_000 * 10**9 <= event.ts_event < 1 << 63
    )


def refusal(call: Callable[[], None]) -> str | None:
    """The kind by which *call* refuses a frame, None when it takes it; anything but a FrameError comes through."""
    try:
        call()
    except FrameError as error:
        return error.kind
    return None


def check(parser: Parser, frame: bytes, batch: Batch) -> bool:
    """Feed and parse *frame*; returns whether it was usable. Raises AssertionError, and whatever is no FrameError."""
    batch.clear()
    events: list[MarketEvent] = []
    fed = refusal(lambda: parser.feed(memoryview(frame), 5, batch))
    parsed = refusal(lambda: events.extend(parser.parse(frame, 5)))

    assert fed == parsed, f"feed says {fed}, parse says {parsed}"
    assert fed is None or (fed in set(FrameKind) and batch.is_empty), f"refused as {fed}, and added all the same"
    prices, sizes = (batch.trades.arrays[column][: batch.trades.count] for column in (5, 6))
    assert all(0 < value < math.inf for value in [*prices.tolist(), *sizes.tolist()]), "trade without a number"
    level_prices, level_sizes = (batch.books.arrays[column][: batch.books.filled].tolist() for column in (10, 11))
    assert all(0 < value < math.inf for value in level_prices), "book level without a price"
    assert all(0 <= value < math.inf for value in level_sizes), "book level without a size"
    assert all(map(is_sound, [*batch.events, *events])), events
    return fed is None


def main() -> int:
    """Run for a while and say how it went."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    clock = SystemClock()
    rng = Random(options.seed)
    batch = Batch(8192)
    end = clock.monotonic_ns() + int(options.seconds * 1e9)
    tried = usable = 0
    corpora = {name: seeds(name) for name in registry.names()}
    parsers = {name: registry.find(name).parser({"BTCUSDT": 0}) for name in corpora}
    while clock.monotonic_ns() < end:
        for name, corpus in corpora.items():
            frame = mutate(rng.choice(corpus), rng, corpus)
            try:
                usable += check(parsers[name], frame, batch)
            except BaseException:
                print(f"{name}, frame {tried} of seed {options.seed}: {frame[:2000]!r}", file=sys.stderr)
                raise
            tried += 1
    print(f"{tried} frames, {usable} of them usable, nothing but FrameError came out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
