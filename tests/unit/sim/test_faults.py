import json
from typing import Any

import msgspec
import pytest

from tidemark.errors import SettingsError
from tidemark.sim.faults import MALFORMED, FaultLine, Faults, broken, chosen

FRAME = b'{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":7,"data":[{"T":5,"s":"BTCUSDT","p":"1.5","v":"2"}]}'
MS = 1_000_000


def through(faults: Faults, count: int = 1000, seed: int = 1) -> tuple[FaultLine, list[bytes]]:
    """So many numbered frames, one a millisecond, sent through a line."""
    line = FaultLine(seed)
    out = [s.payload for k in range(count) for s in line.send(faults, k * MS, b"%d" % k)]
    out += [s.payload for s in line.release(1 << 62)]
    return line, out


def test_without_faults_frames_pass_as_they_are() -> None:
    assert through(Faults())[1] == [b"%d" % k for k in range(1000)]
    assert not Faults().touches_frames


def test_duplicates_come_twice_in_a_row() -> None:
    line, out = through(Faults(duplicate=0.2))

    assert len(out) == 1000 + line.duplicated
    assert 150 < line.duplicated < 250
    assert sorted(set(map(int, out))) == list(range(1000))
    assert list(map(int, out)) == sorted(map(int, out))


def test_a_gap_loses_frames_and_counts_them() -> None:
    line, out = through(Faults(gap=0.1))

    assert len(out) == 1000 - line.dropped
    assert 60 < line.dropped < 140


def test_reordered_frames_come_late_but_within_their_bound() -> None:
    line = FaultLine(1)
    arrived: dict[int, int] = {}
    for k in range(1000):
        for s in line.send(Faults(reorder=0.3, reorder_ms=20), k * MS, b"%d" % k):
            arrived[int(s.payload)] = k
    late = {number: at - number for number, at in arrived.items() if at > number}

    assert 200 < len(late) < 400
    assert max(late.values()) <= 20
    assert list(arrived) != sorted(arrived)


def test_delayed_frames_keep_their_order() -> None:
    line = FaultLine(1)
    faults = Faults(delay_ms=5)
    first = [list(line.send(faults, k * MS, b"%d" % k)) for k in range(10)]

    assert [[int(s.payload) for s in group] for group in first] == [[], [], [], [], [], [0], [1], [2], [3], [4]]
    assert line.is_holding
    assert [int(s.payload) for s in line.release(14 * MS)] == [5, 6, 7, 8, 9]
    assert not line.is_holding


def test_malformed_frames_come_in_addition() -> None:
    line = FaultLine(1)
    faults = Faults(malformed=0.5, malformed_kinds=("truncated",))
    out = [s.payload for _ in range(200) for s in line.send(faults, 0, FRAME)]

    assert out.count(FRAME) == 200
    assert len(out) == 200 + line.malformed
    assert 70 < line.malformed < 130


def test_the_same_seed_spoils_the_same_frames() -> None:
    faults = Faults(gap=0.1, duplicate=0.1, reorder=0.2)

    assert through(faults)[1] == through(faults)[1]
    assert through(faults)[1] != through(faults, seed=2)[1]


@pytest.mark.parametrize("kind", MALFORMED)
def test_each_malformed_kind_is_what_it_says(kind: str) -> None:
    line = FaultLine(3)
    spoiled = broken(FRAME, kind, line._rng)

    match kind:
        case "truncated":
            assert FRAME.startswith(spoiled.payload)
            assert len(spoiled.payload) < len(FRAME)
        case "wrong_types":
            assert json.loads(spoiled.payload)["topic"] != "publicTrade.BTCUSDT"
        case "not_a_number":
            assert json.loads(spoiled.payload)["data"][0]["p"] == "NaN"
        case "oversized":
            assert len(spoiled.payload) > 1 << 20
        case "deep":
            with pytest.raises(RecursionError):
                json.loads(spoiled.payload)
        case "binary":
            assert spoiled.is_binary
        case _:
            assert json.loads(spoiled.payload)["topic"] == "nosuch.THING"


def test_a_share_beyond_one_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"faults\.gap is 1\.5; a share from 0 to 1"):
        Faults(gap=1.5)


def test_an_unknown_malformed_kind_is_refused() -> None:
    with pytest.raises(SettingsError, match="names 'odd'"):
        Faults(malformed_kinds=("odd",))


@pytest.mark.parametrize(
    "wrong",
    [{"burst_s": 1e300}, {"rest_delay_s": 86_401.0}, {"delay_ms": 10**30}, {"clock_skew_ms": -(10**15)}],
    ids=str,
)
def test_a_time_beyond_a_day_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        Faults(**wrong)


def test_a_negative_delay_is_refused() -> None:
    with pytest.raises(SettingsError, match="delay_ms is -1"):
        Faults(delay_ms=-1)


def test_an_unknown_switch_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="explode"):
        msgspec.json.decode(b'{"explode":true}', type=Faults)


def test_an_unknown_channel_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"channels names 'odd'; allowed are trade, ticker, kline, book"):
        Faults(channels=("odd",))


def test_symbols_narrow_what_is_concerned() -> None:
    assert Faults().concern("BTCUSDT")
    assert Faults(symbols=("BTCUSDT",)).concern("BTCUSDT")
    assert not Faults(symbols=("BTCUSDT",)).concern("ETHUSDT")


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_a_share_of_all_things_is_chosen_and_always_the_same(share: float) -> None:
    picked = [chosen(f"BTCUSDT {k}", share) for k in range(10_000)]

    assert sum(picked) / 10_000 == pytest.approx(share, abs=0.01)
    assert picked == [chosen(f"BTCUSDT {k}", share) for k in range(10_000)]


def test_books_are_broken_and_crossed_on_their_way() -> None:
    delta = b'{"type":"delta","data":{"s":"A","b":[["1.00","2"]],"a":[],"u":5,"seq":1}}'
    line = FaultLine(1)
    faults = Faults(book_break=0.2, book_cross=0.1)
    assert faults.touches_frames

    told = [json.loads(s.payload)["data"] for _ in range(1000) for s in line.send(faults, 0, delta, is_book=True)]

    broken_ids = sum(data["u"] != 5 for data in told)
    crossed_books = sum(len(data["b"]) == 2 for data in told)
    assert 150 < broken_ids < 250
    assert 60 < crossed_books < 140
    assert line.books_spoiled == broken_ids + crossed_books


def test_snapshots_and_other_streams_are_not_spoiled_as_books() -> None:
    snapshot = b'{"type":"snapshot","data":{"b":[["1.00","2"]],"a":[],"u":5}}'
    delta = b'{"type":"delta","data":{"b":[["1.00","2"]],"a":[],"u":5}}'
    line = FaultLine(1)
    faults = Faults(book_break=1.0, book_cross=1.0)

    assert [s.payload for s in line.send(faults, 0, snapshot, is_book=True)] == [snapshot]
    assert [s.payload for s in line.send(faults, 0, delta)] == [delta]
