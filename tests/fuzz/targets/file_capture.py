"""Recordings: recognised, surveyed, replayed through an engine, and replayed by the local exchange."""

import gzip
from pathlib import Path

import msgspec
import zstandard
from tests.build import engine, instrument
from tests.fuzz import corpus
from tests.fuzz.target import Take

from tidemark.backtest.replay import Replay
from tidemark.backtest.survey import survey
from tidemark.engine.intake import Intake
from tidemark.errors import CaptureError, SettingsError
from tidemark.ingest.venues import registry
from tidemark.memory.ledger import Ledger
from tidemark.model.events import Listing, MarketEvent, StreamGap, Tick
from tidemark.sim.recording import Recording
from tidemark.store.capture import HEADER, Kind, find, read
from tidemark.units import SECOND

# The header names a venue, which may be none.
REFUSALS: tuple[type[Exception], ...] = (CaptureError, SettingsError)
_AS_IT_IS, _ZSTD, _GZIP = b"0", b"1", b"2"
_FRAMES = 40
_SLICES = 4


def seeds() -> list[bytes]:
    """A recording of our own of each venue, plain and packed, and the two layouts of others."""
    found = []
    for name in registry.names():
        frames = corpus.generated_frames(name)[:_FRAMES]
        own = _recording(name, frames)
        nanoseconds = b"".join(b"%d %b\n" % (corpus.START_NS + n * SECOND, frame) for n, frame in enumerate(frames))
        seconds = b"".join(b"%d.25: %b\n" % (corpus.START_NS // SECOND + n, frame) for n, frame in enumerate(frames))
        found += [_ZSTD + own, _AS_IT_IS + zstandard.compress(own), _GZIP + nanoseconds, _ZSTD + seconds]
    # Little that unpacks to much.
    return [*found, _AS_IT_IS + zstandard.compress(own[:200] + b"\n" + bytes(64 << 20))]


def opened(folder: Path) -> Take:
    path = folder / "one.tmcap.zst"

    def take(data: bytes) -> bool:
        kind, body = data[:1], data[1:]
        path.write_bytes(
            zstandard.compress(body) if kind == _ZSTD else gzip.compress(body, 1) if kind == _GZIP else body
        )
        return _replayed(path)

    return take


def _recording(name: str, frames: list[bytes]) -> bytes:
    start = corpus.START_NS
    head = {"format": "tidemark-capture", "version": 1, "venue": name, "stream": "aggTrade", "started_at": start}
    at = {"ts_event": start, "ts_recv": start}
    events: list[MarketEvent] = [
        Listing(**at, instrument=instrument()),
        StreamGap(**at, venue=name, channel="trades", symbols=(), gap_to=start, cause="start"),
        Tick(**at),
    ]
    records = [(Kind.EVENT, msgspec.json.encode(event)) for event in events] + [(Kind.FRAME, one) for one in frames]
    parts = [msgspec.json.encode(head) + b"\n"]
    for number, (kind, payload) in enumerate(records):
        parts.append(HEADER.pack(kind, start + number * SECOND // 10, 0, 1, len(payload)) + payload)
    return b"".join(parts)


def _replayed(path: Path) -> bool:
    recording = find(path)
    venue = registry.find(recording.venue)
    held = survey(read(recording), venue.name, venue.parser({}))
    made = engine(())
    intake = Intake(
        made,
        venue.parser(made.universe.slots),
        Ledger(),
        deliver=lambda outputs: None,
        reject=lambda error, payload: None,
    )
    replay = Replay(intake)
    if not held.lists_itself:
        replay.begin(venue.name, held.instruments[:4], held.first_recv, held.exchange_at)
    for record in read(recording):
        replay.take(record)
    replay.end(2 * SECOND)
    source = Recording(
        recording.venue,
        lambda: ((record.ts_recv, record.payload) for record in read(recording) if record.kind is Kind.FRAME),
    )
    for _ in range(_SLICES):
        list(source.advance(["publicTrade.BTCUSDT", "btcusdt@aggTrade"], 1.0, 0))
    return bool(replay.records)
