from tidemark.sim.faults import Faults
from tidemark.sim.klines import told, wrong
from tidemark.sim.longer import Candle

CANDLES = [Candle(minute, 100, 110, 90, 105, 1000, 100_000, 500, 50_000, 10, 0) for minute in range(1000)]


def test_without_a_fault_candles_are_told_as_they_are() -> None:
    assert told(CANDLES, "AUSDT", 1, Faults()) == CANDLES
    assert told(CANDLES, "AUSDT", 1, Faults(kline_wrong=1.0, symbols=("BUSDT",))) == CANDLES


def test_a_share_is_wrong_and_always_the_same() -> None:
    faults = Faults(kline_wrong=0.1)
    first = told(CANDLES, "AUSDT", 1, faults)

    changed = [a.minute for a, b in zip(CANDLES, first, strict=True) if a != b]
    assert 60 < len(changed) < 140
    assert told(CANDLES[500:], "AUSDT", 1, faults) == first[500:]
    assert told(CANDLES, "BUSDT", 1, faults) != first


def test_a_wrong_candle_is_still_a_candle() -> None:
    candle = wrong(CANDLES[0])
    flat = wrong(Candle(0, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0))

    assert (candle.close, candle.high, candle.low, candle.lots) == (90, 110, 90, 1101)
    assert (flat.close, flat.high, flat.low, flat.lots) == (8, 8, 7, 1)
