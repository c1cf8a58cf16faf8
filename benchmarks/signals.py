"""What signals cost: 560 markets, all rules once a second, candles of 10 s and 1 m, and 2,048 trades that are followed.

From second to second one market in a hundred has other figures, so that some conditions go on and off; in a storm all
of them have. Beside it the same rules, by the same functions, called for one market after the other, as a loop over
symbols does.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from statistics import median

import msgspec
import numpy as np

from benchmarks.base import Gate, Plan, Result, cpu_seconds, say
from benchmarks.material.market import TICK_SIZE, instruments
from tidemark.analysis.analysis import Analysis, Weights
from tidemark.analysis.columns import Column, Columns
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.market.closed import Closed
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import Listing
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.signals import parameters
from tidemark.signals.inputs import MIRROR, Inputs, look
from tidemark.signals.rules import registry
from tidemark.signals.signals import Signals, SignalsSize
from tidemark.units import DAY, MIB, MINUTE, SECOND

IS_CHEAP = True
GATE: Gate = "full"
_SYMBOLS, _CAPACITY = 560, 2048
_END_NS = 20_000 * DAY
_PRICE = 1000.0
_SECOND_MS, _STATE_MB = 5.0, 4.0
# Around what it takes to be signalled; all other columns are about 1.
_MIDDLE: Mapping[str, float] = {
    "score": 58.0, "coverage": 0.8, "agreement": 0.8, "candle_age_s": 30.0, "regime": 5.0, "regime_age_s": 900.0,
    "liquidated_longs": 20e3, "liquidated_shorts": 10e3, "liquidation_turnover": 1e6, "open_interest_change_5m": 0.015,
    "price_change_5m": 0.001, "bought_5m": 6e5, "sold_5m": 4e5, "funding_z": 2.5, "funding_bps": 3.0,
    "large_bought": 4e5, "large_sold": 4e5, "usual_turnover": 1e5, "turnover_24h": 1e8, "minute_turnover": 5e5,
    "minute_deviations": 3.0, "stale_channels": 0.0, "gap_channels": 0.0, "affected_share": 0.0, "is_whole": 0.0,
    "pressure": 0.0,
}  # fmt: skip


def run(plan: Plan) -> Iterator[Result]:
    """A second of all rules with its target, candles, the loop beside it, and what the state takes."""
    engine, analysis, made = _made()
    rng = np.random.default_rng(1)
    repetitions = plan.choose(201, 31)
    say(f"{_SYMBOLS} markets, {len(registry.names())} rules")
    seen = _course(rng, repetitions + 1)
    for at in range(4):
        _candles(made, rng, Timeframe.M1, at)
        made.advance(seen[0])
    raised = [0]
    seconds = [cpu_seconds(partial(_second, analysis, made, inputs, raised)) for inputs in seen[1:]]
    ours = median(seconds)
    yield _result("signals/all rules, once a second", seconds, _SECOND_MS)
    say(f"{raised[0]} records in {repetitions} seconds, {made.following.followed.usage().used} trades followed")
    storm = [_inputs(rng, seen[-1].at + (1 + at) * SECOND) for at in range(plan.choose(21, 5))]
    raised[0] = 0
    storms = [cpu_seconds(partial(_second, analysis, made, inputs, raised)) for inputs in storm]
    yield _result(f"signals/a second with {raised[0] // len(storm)} records", storms, None)
    for timeframe in (Timeframe.S10, Timeframe.M1):
        minutes = [cpu_seconds(partial(_candles, made, rng, timeframe, 10 + at)) for at in range(repetitions)]
        yield _result(f"signals/{_SYMBOLS} candles of {timeframe.value} close", minutes, _SECOND_MS)
    loops = [cpu_seconds(partial(_loop, inputs)) for inputs in seen[: plan.choose(5, 2)]]
    yield Result(
        name="signals/the same rules, one market after the other", value=round(1e3 * median(loops), 1), unit="ms",
        peer="all of them at once", peer_value=round(1e3 * ours, 3), ratio=round(median(loops) / ours, 1), n=len(loops),
    )  # fmt: skip
    planned = sum(one.bytes for one in Signals.reserve(_size()))
    yield Result(name="signals/state", value=round(planned / MIB, 2), unit="MB", target=_STATE_MB)
    if engine.analysis is not analysis:
        raise AssertionError("the analysis is that of the engine")


def _result(name: str, seconds: list[float], target: float | None) -> Result:
    return Result(
        name=name, value=round(1e3 * median(seconds), 3), unit="ms", target=target, n=len(seconds),
        best=round(1e3 * min(seconds), 3),
    )  # fmt: skip


def _size() -> SignalsSize:
    given = {
        f"{name}.{field}": value
        for name in registry.names()
        for field, value in (("warm_up", "0s"), ("cooldown", "10s"))
    }
    return SignalsSize(series=_SYMBOLS, parameters=parameters.load(given), capacity=_CAPACITY)


def _made() -> tuple[Engine, Analysis, Signals]:
    """An engine whose analysis has looked once, and signals over its markets."""
    settings = Settings()
    size = EngineSize(
        series=_SYMBOLS,
        retention={timeframe: settings.candles.retention.rows(timeframe.value) for timeframe in Timeframe},
        tape_rows=100,
        is_numbered=False,
        batch_trades=8192,
        grace_ns=2 * SECOND,
        weights=Weights(),
    )
    engine = Engine(size, Ledger())
    batch = Batch(1, 2 * _SYMBOLS)
    for instrument in instruments("bybit", [f"M{n}USDT" for n in range(_SYMBOLS)]):
        batch.add(Listing(ts_event=_END_NS, ts_recv=_END_NS, instrument=instrument))
    engine.process(batch)
    if engine.analysis is None:
        raise AssertionError("the engine has no analysis")
    engine.analysis.advance(_END_NS)
    made = Signals(_size(), engine.universe, ledger=Ledger())
    for slot, instrument in engine.universe.occupied():
        made.join(slot, instrument.symbol)
    return engine, engine.analysis, made


def _inputs(rng: np.random.Generator, at: int) -> Inputs:
    """Columns of all markets around what it takes; a fifth of them is not known."""
    rows = _SYMBOLS + 1
    columns = {}
    for name, how in MIRROR.items():
        middle = _MIDDLE.get(name, 1.0)
        values = middle * rng.uniform(0.7, 1.3, rows) * (rng.choice([-1.0, 1.0], rows) if how == "opposite" else 1.0)
        columns[name] = Column.of(
            np.clip(np.rint(values), 1, 5) if name == "regime" else values, rng.uniform(size=rows) < 0.8
        )
    for name, middle in (("price", _PRICE), ("atr", 5.0), ("swing_low", 990.0), ("swing_high", 1010.0)):
        columns[name] = Column.of(np.append(np.full(_SYMBOLS, middle), np.nan))
    ages = {name: np.full(rows, SECOND) for name in MIRROR}
    return Inputs(
        at=at, columns=Columns(rows, columns), ages=ages, funding_rate=np.full(_SYMBOLS, 0.0001),
        funding_due=np.full(_SYMBOLS, _END_NS + DAY),
    )  # fmt: skip


def _course(rng: np.random.Generator, count: int) -> list[Inputs]:
    """Seconds of which each differs from the one before it in a hundredth of its rows."""
    made = [_inputs(rng, _END_NS)]
    while len(made) < count:
        before, fresh = made[-1], _inputs(rng, made[-1].at + SECOND)
        is_other = rng.uniform(size=_SYMBOLS + 1) < 0.01
        columns = {
            name: Column(
                np.where(is_other, fresh.columns[name].values, column.values),
                np.where(is_other, fresh.columns[name].is_known, column.is_known),
            )
            for name, column in before.columns.items()
        }
        made.append(msgspec.structs.replace(fresh, columns=Columns(_SYMBOLS + 1, columns)))
    return made


def _second(analysis: Analysis, made: Signals, inputs: Inputs, raised: list[int]) -> None:
    """All that a second takes: to look, which gives next to nothing here, and to judge what was made up instead."""
    looked = look(analysis, made.own(inputs.at), pressure=0)
    raised[0] += len(made.advance(msgspec.structs.replace(inputs, funding_due=looked.funding_due)))


def _candles(made: Signals, rng: np.random.Generator, timeframe: Timeframe, at: int) -> None:
    """One candle of every market."""
    close = np.rint(_PRICE / TICK_SIZE + rng.normal(0.0, 200.0, _SYMBOLS)).astype(np.int32)
    volume = rng.exponential(50.0, _SYMBOLS).astype(np.float32)
    made.close(
        Closed(
            timeframe=timeframe,
            slots=np.arange(_SYMBOLS, dtype=np.int32),
            open_times=np.full(_SYMBOLS, _END_NS // MINUTE * MINUTE + at * timeframe.ns),
            tick_sizes=np.full(_SYMBOLS, TICK_SIZE),
            rows={
                "open": close,
                "high": close + 100,
                "low": close - 100,
                "close": close,
                "volume": volume,
                "turnover": (volume * close * TICK_SIZE).astype(np.float32),
                "bought": (volume * rng.uniform(size=_SYMBOLS)).astype(np.float32),
                "marks": np.full(_SYMBOLS, 1 | 50 << 4, np.uint32),
            },
        )
    )


def _loop(inputs: Inputs) -> None:
    """Every rule of every market by itself; nothing is kept of it."""
    for name, rule in registry.rules().items():
        limits = {field: float(value) for field, value in msgspec.structs.asdict(parameters.load({})[name]).items()}
        held = np.zeros(1, np.int8)
        columns = [inputs.columns[one] for one in rule.READS]
        for row in range(_SYMBOLS):
            one = slice(row, row + 1)
            if all(column.is_known[row] for column in columns):
                rule.judge(limits, held, *(column.values[one] for column in columns))
