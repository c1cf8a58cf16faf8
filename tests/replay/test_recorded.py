"""Real recordings through the parser and the engine: candles equal an independent count, and the exchange's own."""

import gzip
import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.feather
import pyarrow.parquet
import pytest
from tests.build import instrument

from tidemark.backtest.replay import Replay
from tidemark.engine.intake import BATCH_TRADES, Intake
from tidemark.engine.outputs import Output
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.errors import FrameError
from tidemark.ingest.venues import registry
from tidemark.kernels.columns import TradeColumns
from tidemark.market.candles import Candles
from tidemark.market.closed import Closed, Revised
from tidemark.market.level import Array
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.store.capture import find, read
from tidemark.units import HOUR, MINUTE, SECOND

USDM = "ws/hftbacktest_usdm_btcusdt_20240808.gz"
RETENTION = {Timeframe.S10: 100, Timeframe.M1: 100, Timeframe.M5: 10}


def replayed(path: Path) -> tuple[Engine, bytes]:
    """The recording through parser and engine, and every byte of what came out."""
    engine = Engine(
        EngineSize(
            series=1,
            retention=RETENTION,
            tape_rows=100,
            is_numbered=True,
            batch_trades=BATCH_TRADES,
            grace_ns=2 * SECOND,
        ),
        Ledger(),
    )
    told = bytearray()

    def deliver(outputs: list[Output]) -> None:
        for output in outputs:
            assert isinstance(output, Closed)
            told.extend(type(output).__name__.encode() + output.timeframe.value.encode())
            for column in (output.slots, output.open_times, output.tick_sizes, *output.rows.values()):
                told.extend(column.tobytes())

    def reject(error: FrameError, payload: bytes | memoryview) -> None:
        # One REST snapshot of the book stands among the frames.
        assert bytes(payload[:16]) == b'{"lastUpdateId":'

    parser = registry.find("binance").parser(engine.universe.slots)
    intake = Intake(engine, parser, Ledger(), deliver=deliver, reject=reject)
    replay = Replay(intake)
    records = list(read(find(path)))
    at = records[0].ts_recv
    replay.begin("binance", [instrument("BTCUSDT")], at, at + SECOND)
    for record in records:
        replay.take(record)
    replay.end(2 * SECOND)
    assert intake.rejected == 1
    return engine, bytes(told)


def counted(path: Path, length_ms: int) -> dict[int, tuple[list[Fraction], Fraction, Fraction, Fraction]]:
    """Open time in ms to prices in the order of the ids, volume, turnover and volume bought, in exact numbers."""
    rows = []
    with gzip.open(path, "rb") as lines:
        for line in lines:
            message = json.loads(line.partition(b" ")[2], parse_float=str)
            data = message.get("data", {})
            if data.get("e") == "trade":
                rows.append((data["t"], data["T"], Fraction(data["p"]), Fraction(data["q"]), not data["m"]))
    assert len({row[0] for row in rows}) == len(rows) == 21_313
    model: dict[int, tuple[list[Fraction], Fraction, Fraction, Fraction]] = {}
    zero = Fraction(0)
    for _, at_ms, price, size, is_buy in sorted(rows):
        prices, volume, turnover, bought = model.get(at_ms // length_ms * length_ms, ([], zero, zero, zero))
        prices.append(price)
        model[at_ms // length_ms * length_ms] = (
            prices,
            volume + size,
            turnover + price * size,
            bought + (size if is_buy else zero),
        )
    return model


def test_the_recorded_trades_give_the_candles_that_an_independent_count_gives(
    recorded: Callable[[str], Path],
) -> None:
    path = recorded(USDM)

    engine, _ = replayed(path)

    assert engine.counters.trades == 21_313
    assert engine.counters.duplicates == 0
    assert engine.candles.counters.applied == 21_313
    assert engine.candles.counters.too_late == 0
    assert engine.candles.counters.off_tick == 0
    for timeframe, length_ms in ((Timeframe.S10, 10_000), (Timeframe.M1, 60_000)):
        model = counted(path, length_ms)
        closed = {candle.open_time // 1_000_000: candle for candle in engine.candles.closed(0, timeframe, 100)}
        model = {at_ms: figures for at_ms, figures in model.items() if at_ms <= max(closed)}
        assert len(model) == {Timeframe.S10: 35, Timeframe.M1: 6}[timeframe]
        assert set(closed) == set(model)
        for at_ms, (prices, volume, turnover, bought) in model.items():
            candle = closed[at_ms]
            assert (candle.open, candle.high, candle.low, candle.close) == (
                float(prices[0]),
                float(max(prices)),
                float(min(prices)),
                float(prices[-1]),
            )
            assert candle.trades == len(prices)
            assert candle.volume == float(np.float32(float(volume)))
            assert candle.turnover == pytest.approx(float(turnover), rel=1e-7)
            assert candle.buy_volume == float(np.float32(float(bought)))
        # The recording begins within a candle.
        assert [closed[at].origin for at in sorted(closed)] == [Origin.PARTIAL, *[Origin.TRADES] * (len(closed) - 1)]


def test_a_recording_replayed_twice_says_the_same_to_the_byte(recorded: Callable[[str], Path]) -> None:
    path = recorded(USDM)

    first, second = replayed(path)[1], replayed(path)[1]

    assert len(first) > 0
    assert first == second


class Exchange:
    """The exchange's own candles of one timeframe, sorted by time: columns as arrays, symbols as slots."""

    def __init__(self, path: Path, symbols: list[str]) -> None:
        table = pyarrow.parquet.read_table(path)
        number = {symbol: slot for slot, symbol in enumerate(symbols)}
        names = table.column("symbol").combine_chunks()
        of_index = np.array([number.get(name, -1) for name in names.dictionary.to_pylist()], np.int32)
        slot = of_index[names.indices.to_numpy()]
        opened = table.column("ts").to_numpy().astype("datetime64[ms]").astype(np.int64) * 1_000_000
        order = np.lexsort((slot, opened))
        order = order[slot[order] >= 0]
        self.slot, self.opened = slot[order], opened[order]
        self.prices = {name: table.column(name).to_numpy()[order] for name in ("open", "high", "low", "close")}
        self.volume = table.column("volume").to_numpy()[order]


def ticks_of(one: Exchange, slot: int) -> float:
    """The coarsest power of ten that every price of this symbol is a multiple of."""
    prices = np.concatenate([column[one.slot == slot] for column in one.prices.values()])
    for decimals in range(9):
        if np.allclose(np.round(prices, decimals), prices, rtol=1e-12, atol=0):
            return float(f"1e-{decimals}")
    raise AssertionError("more than eight decimals")


def cascade(minutes: Exchange, series: int, longer: tuple[Timeframe, ...]) -> dict[Timeframe, dict[str, Array]]:
    """What the engine makes of the minutes, each told as four trades (open, high, low, close); none of an empty one."""
    made = Candles(
        series=series,
        retention={Timeframe.M1: 4, **dict.fromkeys(longer, 4)},
        grace_ns=0,
        largest=BATCH_TRADES,
        ledger=Ledger(),
    )
    for slot in range(series):
        made.join(slot, ticks_of(minutes, slot))
    made.close_gap(np.arange(series, dtype=np.int32), None, int(minutes.opened[0]) - HOUR)
    told: dict[Timeframe, list[Closed]] = {timeframe: [] for timeframe in longer}

    def keep(outputs: list[Closed]) -> None:
        for output in outputs:
            assert not isinstance(output, Revised)
            if output.timeframe in told:
                told[output.timeframe].append(output)

    for opened, batch in batches(minutes):
        keep(made.advance(opened))
        keep(made.apply(batch, np.ones(batch.count, np.uint8)))
    keep(made.advance(int(minutes.opened[-1]) + 24 * HOUR))
    return {
        timeframe: {
            "slot": np.concatenate([output.slots for output in outputs]),
            "opened": np.concatenate([output.open_times for output in outputs]),
            "trades": np.concatenate([output.rows["marks"] >> 4 for output in outputs]),
            "volume": np.concatenate([output.rows["volume"] for output in outputs]),
        }
        | {
            name: np.concatenate([np.round(output.rows[name] * output.tick_sizes, 8) for output in outputs])
            for name in ("open", "high", "low", "close")
        }
        for timeframe, outputs in told.items()
    }


def batches(minutes: Exchange) -> Iterator[tuple[int, TradeColumns]]:
    """The trades of a few minutes each, in order."""
    has_traded = minutes.volume > 0
    slot, opened, volume = minutes.slot[has_traded], minutes.opened[has_traded], minutes.volume[has_traded]
    prices = [minutes.prices[name][has_traded] for name in ("open", "high", "low", "close")]
    columns = TradeColumns(BATCH_TRADES)
    window = opened // (5 * MINUTE)
    starts = np.flatnonzero(np.diff(window, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(opened)], strict=True):
        count = end - start
        rows = np.arange(4 * count)
        # All opens of a minute, then all highs, lows, closes, so that time never goes back.
        at = np.tile(opened[start:end], 4) + np.repeat([0, 15 * SECOND, 30 * SECOND, 45 * SECOND], count)
        order = np.argsort(at, kind="stable")
        for column, values in zip(
            columns.arrays,
            (
                np.tile(slot[start:end], 4)[order],
                at[order],
                at[order],
                rows,
                rows,
                np.concatenate([price[start:end] for price in prices])[order],
                np.tile(volume[start:end] / 4, 4)[order],
                np.ones(4 * count),
            ),
            strict=True,
        ):
            column[: 4 * count] = values
        columns.count = 4 * count
        yield int(opened[start]), columns


def compared(minutes: Exchange, own: Exchange, made: dict[str, Array], timeframe: Timeframe) -> tuple[int, int, int]:
    """Bars in both whose minutes are all there; of these, those that differ; of these, those with an empty minute."""

    def keys(slot: Array, opened: Array) -> Array:
        return opened // timeframe.ns * 64 + slot

    held, minutes_held = np.unique(keys(minutes.slot, minutes.opened), return_counts=True)
    whole = held[minutes_held == timeframe.ns // MINUTE]
    traded = made["trades"] > 0
    made_keys = keys(made["slot"], made["opened"])
    both = np.intersect1d(np.intersect1d(whole, made_keys[traded]), keys(own.slot, own.opened))
    order = np.argsort(made_keys)
    i = order[np.searchsorted(made_keys, both, sorter=order)]
    order = np.argsort(keys(own.slot, own.opened))
    j = order[np.searchsorted(keys(own.slot, own.opened), both, sorter=order)]
    same = np.isclose(made["volume"][i], own.volume[j], rtol=1e-5)
    for name, prices in own.prices.items():
        same &= made[name][i] == np.round(prices[j], 8)
    empty = keys(minutes.slot, minutes.opened)[minutes.volume == 0]
    return len(both), int((~same).sum()), int(np.isin(both[~same], empty).sum())


def symbols_of(path: Path) -> list[str]:
    return sorted(pyarrow.parquet.read_table(path).column("symbol").unique().to_pylist())


def test_five_minutes_of_binance_are_made_of_its_minutes(recorded: Callable[[str], Path]) -> None:
    path = recorded("ohlcv/binance_um_1m_2023-07_08.parquet")
    symbols = symbols_of(path)
    minutes = Exchange(path, symbols)

    made = cascade(minutes, len(symbols), (Timeframe.M5, Timeframe.H1))

    # What differs is volume alone, and in one hour: 2023-08-16 15:00, when whoever published the files fetched them.
    five = Exchange(recorded("ohlcv/binance_um_5m_2023-07_08.parquet"), symbols)
    assert compared(minutes, five, made[Timeframe.M5], Timeframe.M5) == (137_623, 2, 0)
    hour = Exchange(recorded("ohlcv/binance_um_1h_2023-07_08_59sym.parquet"), symbols)
    assert compared(minutes, hour, made[Timeframe.H1], Timeframe.H1) == (10_697, 4, 0)


def test_every_longer_candle_of_bybit_is_made_of_its_minutes(recorded: Callable[[str], Path]) -> None:
    path = recorded("ohlcv/bybit_linear_1m_2025.parquet")
    symbols = symbols_of(path)
    minutes = Exchange(path, symbols)
    longer = {
        Timeframe.M5: "5m",
        Timeframe.M15: "15m",
        Timeframe.M30: "30m",
        Timeframe.H1: "60m",
        Timeframe.H4: "240m",
    }

    made = cascade(minutes, len(symbols), tuple(longer))

    found = {
        timeframe.value: compared(
            minutes, Exchange(recorded(f"ohlcv/bybit_linear_{name}_2025.parquet"), symbols), made[timeframe], timeframe
        )
        for timeframe, name in longer.items()
    }
    assert found == {
        "5m": (25_917, 0, 0),
        "15m": (8_637, 0, 0),
        "30m": (4_317, 0, 0),
        "1h": (2_157, 0, 0),
        "4h": (537, 0, 0),
    }


def test_recorded_trades_give_the_minutes_that_were_published_beside_them(recorded: Callable[[str], Path]) -> None:
    trades = pyarrow.feather.read_table(recorded("tape/freqtrade_XRP_ETH-trades.feather"))
    at: npt.NDArray[np.int64] = trades.column("timestamp").to_numpy() * 1_000_000
    price, size = trades.column("price").to_numpy(), trades.column("amount").to_numpy()
    ids = np.array([int(text) for text in trades.column("id").to_pylist()])
    made = Candles(
        series=1,
        retention={Timeframe.M1: 4000, Timeframe.M5: 1000},
        grace_ns=2 * SECOND,
        largest=BATCH_TRADES,
        ledger=Ledger(),
    )
    made.join(0, 1e-8)
    made.close_gap(np.zeros(1, np.int32), None, int(at[0]) - HOUR)
    one = TradeColumns(1)
    for i in range(len(at)):
        made.advance(int(at[i]))
        one.count = 0
        assert one.append(0, int(at[i]), int(at[i]), int(ids[i]), int(ids[i]), price[i], size[i], True)
        made.apply(one, np.ones(1, np.uint8))
    made.advance(int(at[-1]) + HOUR)

    assert made.counters.applied == 12_477
    for timeframe, count in ((Timeframe.M1, 2469), (Timeframe.M5, 706)):
        own = pyarrow.feather.read_table(recorded(f"tape/freqtrade_XRP_ETH-{timeframe.value}.feather"))
        opened = own.column("date").to_numpy().astype("datetime64[ns]").astype(np.int64).tolist()
        columns = [own.column(name).to_pylist() for name in ("open", "high", "low", "close", "volume")]
        published = dict(zip(opened, zip(*columns, strict=True), strict=True))
        closed = [candle for candle in made.closed(0, timeframe, 4000) if candle.trades]
        assert [candle.open_time for candle in closed] == opened
        assert len(closed) == count
        for candle in closed:
            *prices, volume = published[candle.open_time]
            assert [candle.open, candle.high, candle.low, candle.close] == prices
            assert candle.volume == pytest.approx(volume, rel=1e-7)
