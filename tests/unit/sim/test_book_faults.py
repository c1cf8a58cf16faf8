import json

import pytest

from tidemark.sim.book_faults import ID_JUMP, crossed, is_delta, with_broken_ids

BYBIT = (
    b'{"topic":"orderbook.50.AUSDT","type":"delta","ts":9,"data":{"s":"AUSDT","b":[["100.50","2"],["99.00","0"]],'
    b'"a":[["101.00","3"]],"u":18,"seq":7},"cts":8}'
)
BINANCE = (
    b'{"e":"depthUpdate","E":9,"T":8,"s":"AUSDT","ps":"AUSDT","U":14,"u":18,"pu":10,"b":[],"a":[["0.0123","3"]],"st":1}'
)


def test_only_deltas_are_spoiled() -> None:
    assert is_delta(BYBIT)
    assert is_delta(BINANCE)
    assert not is_delta(BYBIT.replace(b"delta", b"snapshot"))


def test_broken_ids_join_nothing_and_the_levels_stay() -> None:
    bybit, binance = (json.loads(with_broken_ids(frame)) for frame in (BYBIT, BINANCE))

    assert bybit["data"]["u"] == 18 + ID_JUMP
    assert (bybit["data"]["b"], bybit["data"]["seq"]) == ([["100.50", "2"], ["99.00", "0"]], 7)
    assert [binance[name] - ID_JUMP for name in ("U", "u", "pu")] == [14, 18, 10]


def test_a_crossed_book_has_a_bid_far_above_the_asks() -> None:
    # 100.50 is 10,050 hundredths; a fifth of it in whole hundreds is 2,000.
    assert json.loads(crossed(BYBIT))["data"]["b"] == [["120.50", "2"], ["100.50", "2"], ["99.00", "0"]]
    # 0.0123 is 123 units: at least one hundred is added.
    assert json.loads(crossed(BINANCE))["b"] == [["0.0223", "3"]]


@pytest.mark.parametrize("price", [b"27450", b"5.5"])
def test_prices_keep_their_decimals(price: bytes) -> None:
    bid = json.loads(crossed(BYBIT.replace(b"100.50", price)))["data"]["b"][0][0]

    assert len(bid.partition(".")[2]) == len(price.partition(b".")[2])
    assert float(bid) > float(price) * 1.1


def test_without_a_level_nothing_is_crossed() -> None:
    empty = b'{"type":"delta","data":{"b":[],"a":[],"u":3}}'

    assert crossed(empty) == empty
