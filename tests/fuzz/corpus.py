"""Honest inputs to begin with: recordings where they are, else what the local exchange says; and hand-written ones.

The recordings are read where they lie (TIDEMARK_DATA, or `../shared/data` beside the checkout) and copied nowhere.
"""

import gzip
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import zstandard

from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel
from tidemark.ingest.venues.queries import Request
from tidemark.model.timeframe import Timeframe
from tidemark.sim.binance.rest import BinanceRest
from tidemark.sim.bybit.rest import BybitRest
from tidemark.sim.generator import Generator, generated
from tidemark.sim.settings import SimSettings

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("TIDEMARK_DATA", ROOT.parent / "shared" / "data"))
# 2026-11-21 08:00:00 UTC: a whole hour.
START_NS = 1_795_248_000_000_000_000
# Of one file: many frames of one kind say no more than a few.
_FRAMES = 300
_SLICES = 12
# A longer body is the same rows again, and takes longer to damage.
_BODY_BYTES = 20_000


def written(name: str) -> list[bytes]:
    """The frames of the contract suite: one of each kind, and those that are refused."""
    file = json.loads((ROOT / "tests" / "contract" / "venues" / f"{name}.json").read_bytes())
    return [msgspec.json.encode(case["frame"]) for case in file["frames"] + file["refused"] if case.get("frame")]


def frames(name: str) -> list[bytes]:
    """Stream frames of a venue."""
    found = written(name) + (list(_recorded_frames(name)) if DATA.is_dir() else generated_frames(name))
    return [frame for frame in found if frame]


def replies(name: str) -> list[bytes]:
    """REST bodies of a venue: what the local exchange answers to each of our questions, and recorded ones."""
    found = [body for _, body in asked(name)]
    if DATA.is_dir():
        found += [body for body in _recorded_replies(name) if len(body) <= _BODY_BYTES]
    return found


def market(name: str) -> Generator:
    """A small made-up market."""
    return generated(SimSettings(venue=name, symbols=6, rate=300.0, churn_s=0.0), START_NS)


def generated_frames(name: str) -> list[bytes]:
    """What the local exchange sends of all channels within three seconds."""
    source = market(name)
    sockets = registry.find(name).sockets(["BTCUSDT", "ETHUSDT"], list(Channel))
    wanted = [topic.name for socket in sockets for topic in socket.topics]
    opened = [snapshot for snapshot in map(source.snapshot, wanted) if snapshot is not None]
    return opened + [
        frame[2] for _ in range(_SLICES) for frame in islice(source.advance(wanted, 1.0, 0), _FRAMES)
    ]  # fmt: skip


def asked(name: str) -> list[tuple[Request, bytes]]:
    """Our questions to a venue, each with the local exchange's answer."""
    source = market(name)
    for _ in range(_SLICES):
        list(source.advance([], 1.0, 0))
    exchange = BybitRest(source) if name == "bybit" else BinanceRest(source)
    now_ms = source.now_ns() // 1_000_000
    queries, derivatives = registry.find(name).rest, registry.find(name).derivatives
    questions = [
        queries.instruments(),
        queries.instruments("BTCUSDT"),
        queries.tickers(),
        queries.klines("BTCUSDT", Timeframe.M1, now_ms - 600_000, 5),
        queries.recent_trades("BTCUSDT", 5),
        queries.recent_trades("BTCUSDT", 5, "trade"),
        queries.trade_range("BTCUSDT", now_ms - 600_000, now_ms),
        queries.book_snapshot("BTCUSDT", 5),
        queries.server_time(),
        derivatives.open_interest_history("BTCUSDT", now_ms - 3_600_000, 5),
        derivatives.open_interest("BTCUSDT"),
        derivatives.funding_history("BTCUSDT", 3),
        derivatives.long_short_ratio("BTCUSDT", 3),
        derivatives.marks(),
        Request("/v5/market/kline", (("category", "nothing"),), 1),
        Request("/fapi/v1/klines", (("symbol", "NONEUSDT"),), 5),
    ]
    return [
        (question, exchange.reply(question.path, dict(question.query), now_ms).body)
        for question in questions
        if question is not None
    ]


def _recorded_frames(name: str) -> Iterator[bytes]:
    for line in (DATA / "ws" / "captured_2026_frames.jsonl").read_bytes().splitlines():
        if (b'"topic"' in line) == (name == "bybit"):
            yield line
    if name == "bybit":
        with zipfile.ZipFile(DATA / "ws" / "bybit_v5_xrpusdt_ob500.zip") as archive:
            yield from archive.read(archive.namelist()[0]).splitlines()[1:20]
    else:
        with gzip.open(DATA / "ws" / "hftbacktest_usdm_btcusdt_20240808.gz") as lines:
            yield from (line.partition(b" ")[2].strip() for line in islice(lines, _FRAMES))
        lines_of = _unpacked("ws/cryptofeed/BINANCE_FUTURES.ws.1.0.zst").splitlines()
        yield from (line.partition(b": ")[2] for line in islice(lines_of, _FRAMES))
    for path, body in _members("rest_ws/nautilus_bybit_binance_public.tar.zst"):
        if name in path and ("ws_" in path or "stream" in path):
            yield body


def _recorded_replies(name: str) -> Iterator[bytes]:
    for archive in ("nautilus_bybit_binance_public", "jhabermas_2024_dumps"):
        for path, body in _members(f"rest_ws/{archive}.tar.zst"):
            if name in path and "ws_" not in path and "stream" not in path:
                yield body
    if name == "binance":
        for path, body in _members("rest_ws/gocryptotrader_binance_http.tar.zst"):
            if path.endswith("http.json"):
                routes = json.loads(body)["routes"]
                yield from (
                    msgspec.json.encode(reply["data"])
                    for route, methods in routes.items()
                    if route.startswith(("/fapi/", "/futures/"))
                    for reply in methods.get("GET", [])
                )


def _unpacked(name: str) -> bytes:
    with (DATA / name).open("rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file).read()


def _members(name: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(_unpacked(name))) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member)
            if file is not None:
                yield member.name, file.read()
