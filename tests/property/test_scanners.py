"""The scanners and the decoder agree: on every recorded frame, on written ones, and on damaged ones."""

import gzip
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz import corpus
from tests.fuzz.frames import Pair, made
from tests.fuzz.mutate import mutate

from tidemark.kernels import scan_bybit_trades

Recorded = Callable[[str], Path]
IS_COMPILED = not scan_bybit_trades.__file__.endswith(".py")


def scanned(pair: Pair, frames: Iterator[bytes]) -> tuple[int, int, int]:
    """Check each of *frames*; how many trades and book messages there were, and how many frames fell back."""
    trades = books = 0
    for frame in frames:
        found = pair.check(frame)
        trades += len(found.trades)
        books += len(found.books)
    return trades, books, pair.scanning.fallbacks


def lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path) as stream:
        for line in stream:
            yield line.partition(b" ")[2].strip()


def of_kinds(frames: Iterator[bytes], *kinds: bytes) -> Iterator[bytes]:
    return (frame for frame in frames if any(b'"e":"' + kind + b'"' in frame[:80] for kind in kinds))


def test_a_recording_of_usd_m_is_scanned_as_it_is_decoded(recorded: Recorded) -> None:
    frames = of_kinds(lines(recorded("ws/hftbacktest_usdm_btcusdt_20240808.gz")), b"trade", b"depthUpdate")

    trades, books, fallbacks = scanned(Pair("binance"), frames)

    # All that there are; nothing had to be left to the decoder.
    assert (trades, books) == (21_313, 6_551)
    assert fallbacks == 0


@pytest.mark.parametrize("name", ["cm_btcusd_perp", "spot_btcusdt"])
def test_recordings_of_other_markets_are_refused_alike(recorded: Recorded, name: str) -> None:
    pair = Pair("binance")
    frames = of_kinds(lines(recorded(f"ws/hftbacktest_{name}_20240808.gz")), b"trade", b"depthUpdate")

    assert scanned(pair, frames)[:2] == (0, 0)


def test_a_recording_of_many_kinds_is_scanned_as_it_is_decoded(recorded: Recorded) -> None:
    with recorded("ws/cryptofeed/BINANCE_FUTURES.ws.1.0.zst").open("rb") as file:
        found = zstandard.ZstdDecompressor().stream_reader(file).read().splitlines()
    pair = Pair("binance")

    trades, books, fallbacks = scanned(pair, (line.partition(b": ")[2] for line in found))

    # Of four markets; only one of them has a slot here.
    assert 0 < trades < 91
    assert 0 < books < 764
    assert fallbacks == 0


def test_a_recording_of_a_deep_book_is_scanned_as_it_is_decoded(recorded: Recorded) -> None:
    with zipfile.ZipFile(recorded("ws/bybit_v5_xrpusdt_ob500.zip")) as archive:
        frames = archive.read(archive.namelist()[0]).splitlines()

    assert scanned(Pair("bybit"), iter(frames)) == (0, 50, 0)


def test_frames_of_2026_are_scanned_as_they_are_decoded(recorded: Recorded) -> None:
    frames = recorded("ws/captured_2026_frames.jsonl").read_bytes().splitlines()
    pairs = {name: Pair(name) for name in ("bybit", "binance")}
    found = [pairs["bybit" if b'"topic"' in frame else "binance"].check(frame) for frame in frames]

    assert sum(len(outcome.trades) for outcome in found) == 2
    assert sum(len(outcome.books) for outcome in found) == 1
    assert [pair.scanning.fallbacks for pair in pairs.values()] == [0, 0]


@pytest.mark.skipif(not IS_COMPILED, reason="uncompiled, the scanners leave every frame to the decoder")
@pytest.mark.parametrize(("name", "trades", "books"), [("bybit", 1000, 200), ("binance", 300, 100)])
def test_thousands_of_frames_whole_and_damaged_are_read_alike_or_not_at_all(name: str, trades: int, books: int) -> None:
    pair, rng, seeds = Pair(name), Random(3), corpus.frames(name)
    scanned_trades = scanned_books = 0

    for _ in range(6000):
        frame = made(name, rng) if rng.random() < 0.7 else rng.choice(seeds)
        fallbacks = pair.scanning.fallbacks
        found = pair.check(mutate(frame, rng, seeds) if rng.random() < 0.5 else frame)
        if pair.scanning.fallbacks == fallbacks:
            scanned_trades += len(found.trades)
            scanned_books += len(found.books)

    assert scanned_trades > trades
    assert scanned_books > books


NUMBERS = st.one_of(
    st.decimals(0, 10**9, allow_nan=False).map(str),
    st.floats(0, 1e12).map(str),
    st.from_regex(r"\A[0-9]{1,20}(\.[0-9]{0,20})?\Z"),
    st.text("0123456789.eE+-x ", max_size=10),
)


@settings(max_examples=300, deadline=None)
@given(NUMBERS, NUMBERS, st.integers(-1, 1 << 64))
def test_a_number_in_any_form_is_what_the_decoder_reads(price: str, size: str, stamp: int) -> None:
    row = f'{{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"{size}","p":"{price}","i":"x","seq":{stamp}}}'
    levels = f'"b":[["{price}","{size}"]],"a":[["{size}","{price}"]]'
    ids = f'"U":1,"u":{stamp},"pu":0'

    Pair("bybit").check(f'{{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1,"data":[{row}]}}'.encode())
    Pair("binance").check(f'{{"e":"depthUpdate","E":1,"T":1672304486865,"s":"BTCUSDT",{ids},{levels}}}'.encode())


@settings(max_examples=100, deadline=None)
@given(st.permutations(["E", "a", "s", "p", "q", "f", "T", "m", "st"]))
def test_the_order_of_the_fields_makes_no_difference(order: list[str]) -> None:
    values = {"E": "1", "a": "7", "s": '"BTCUSDT"', "p": '"1.5"', "q": '"2"', "f": "3", "T": "1672304486865"}
    values |= {"m": "true", "st": "1"}
    pair = Pair("binance")
    members = ",".join(f'"{key}":{values[key]}' for key in order)

    found = pair.check(f'{{"e":"aggTrade",{members}}}'.encode())

    assert found.trades == [(0, 1672304486865000000, 1800000000000000007, 7, 7, 1.5, 2.0, 0)]
    assert pair.scanning.fallbacks == 0
