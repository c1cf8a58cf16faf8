"""Whatever arrives, a parser refuses it with a FrameError or gives sound events."""

import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz import corpus
from tests.fuzz.frames import Pair
from tests.fuzz.mutate import mutate

from tidemark.errors import FrameError
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import MAX_FRAME_ROWS, Parser
from tidemark.ingest.venues.frame import FrameKind
from tidemark.model.batch import Batch
from tidemark.model.events import TickerUpdate, Trade

Recorded = Callable[[str], Path]
NAMES = registry.names()
CORPORA = {name: corpus.frames(name) for name in NAMES}
PAIRS = {name: Pair(name) for name in NAMES}


def outcomes(parser: Parser, frames: list[bytes]) -> Counter[str]:
    """How often each kind of event or refusal comes out."""
    counts: Counter[str] = Counter()
    for frame in frames:
        try:
            counts.update(type(event).__name__ for event in parser.parse(frame, 5))
        except FrameError as error:
            counts[error.kind] += 1
    return counts


def capture(path: Path) -> list[bytes]:
    with gzip.open(path) as lines:
        return [message for line in lines if (message := line.partition(b" ")[2].strip())]


def compressed(path: Path) -> list[bytes]:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        lines = reader.read().splitlines()
    return [frame for line in lines if line[:1].isdigit() and (frame := line.partition(b": ")[2])]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 2**64), at=st.integers(0, 10**6))
def test_damaged_frames_end_in_frame_errors(name: str, seed: int, at: int) -> None:
    frames = CORPORA[name]

    PAIRS[name].check_events(mutate(frames[at % len(frames)], Random(seed), frames))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=200, deadline=None)
@given(frame=st.binary(max_size=200))
def test_arbitrary_bytes_end_in_frame_errors(name: str, frame: bytes) -> None:
    PAIRS[name].check_events(frame)


def test_usd_m_recording_yields_every_trade_once(recorded: Recorded) -> None:
    frames = capture(recorded("ws/hftbacktest_usdm_btcusdt_20240808.gz"))
    parser = registry.find("binance").parser({"BTCUSDT": 0})
    batch = Batch(30_000, events=100_000, books=10_000, levels=1_000_000)
    refused: Counter[str] = Counter()

    for frame in frames:
        assert batch.trades.count + MAX_FRAME_ROWS <= batch.trades.capacity
        try:
            parser.feed(frame, 5, batch)
        except FrameError as error:
            refused[error.kind] += 1

    ids = batch.trades.arrays[3][: batch.trades.count].tolist()
    assert len(ids) == 21_313
    assert ids == list(range(ids[0], ids[0] + 21_313))
    events = Counter(type(event) for event in batch.events)
    assert events == {TickerUpdate: 66_089}
    assert batch.books.count == 6_551
    # The one frame that is refused is the REST snapshot of the book, which the recorder wrote among them.
    assert refused == {FrameKind.UNKNOWN: 1}


@pytest.mark.parametrize(("name", "count"), [("cm_btcusd_perp", 48_269), ("spot_btcusdt", 41_248)])
def test_recordings_of_other_markets_yield_nothing(recorded: Recorded, name: str, count: int) -> None:
    frames = capture(recorded(f"ws/hftbacktest_{name}_20240808.gz"))

    counts = outcomes(registry.find("binance").parser({}), frames)

    assert counts == {FrameKind.NOT_LINEAR: count, FrameKind.UNKNOWN: 1}


def test_legacy_frames_are_unknown(recorded: Recorded) -> None:
    counts = outcomes(registry.find("bybit").parser({}), compressed(recorded("ws/cryptofeed/BYBIT.ws.26.0.zst")))

    assert set(counts) == {FrameKind.UNKNOWN}
    assert counts[FrameKind.UNKNOWN] > 1000


def test_recording_of_2021_parses(recorded: Recorded) -> None:
    frames = compressed(recorded("ws/cryptofeed/BINANCE_FUTURES.ws.1.0.zst"))

    counts = outcomes(registry.find("binance").parser({}), frames)

    assert counts == {Trade.__name__: 91, "BookDelta": 764, "Kline": 67, "TickerUpdate": 613}


def test_frames_of_2026_all_parse(recorded: Recorded) -> None:
    frames = recorded("ws/captured_2026_frames.jsonl").read_bytes().splitlines()
    parsers = {name: registry.find(name).parser({}) for name in NAMES}

    events = [len(parsers["bybit" if b'"topic"' in frame else "binance"].parse(frame, 5)) for frame in frames]

    assert events == [1, 1, 1, 2, 1, 1, 1, 1, 1, 1]
