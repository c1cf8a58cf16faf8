import msgspec
import pytest
from tests.build import MIDNIGHT

from tidemark.model.signal import (
    HORIZONS_S,
    OFF,
    VERSION,
    Forward,
    Kind,
    Outcome,
    Plan,
    Read,
    Reason,
    Record,
    Side,
    Signal,
    Stage,
    Transition,
)

PLAN = Plan(
    entry=100.0, stop=98.5, targets=(101.5, 103.0), risk=1.5, rewards=(0.9, 1.9), loss=-1.1, cost=0.00065, atr=1.0,
    tick_size=0.5, is_structural=True, wait_until=MIDNIGHT + 1, expires_at=MIDNIGHT + 2,
)  # fmt: skip
SIGNAL = Signal(
    id="BTCUSDT-whale_flow-long-1", rule="whale_flow", name="long", symbol="BTCUSDT", side=Side.LONG, kind=Kind.TRADE,
    at=MIDNIGHT, price=100.0, score=None, regime="range", reads=(Read("large_bought", 9.0, 0.5),),
    limits={"share": 0.5}, sentence="large trades", plan=PLAN,
)  # fmt: skip
MOVED = Transition(
    id=SIGNAL.id, at=MIDNIGHT, was=Stage.PENDING, now=Stage.ACTIVE, reason=Reason.ENTERED, price=100.0,
    reads=(Read("low", 99.5, 0.0),),
)  # fmt: skip
OUTCOME = Outcome(
    id=SIGNAL.id, of=SIGNAL.id, rule="whale_flow", name="long", symbol="BTCUSDT", side=Side.LONG, regime="range",
    score=61.5, at=MIDNIGHT, is_null=False, is_final=True, stage=Stage.STOPPED, reason=Reason.STOP, hits=0,
    entered_at=MIDNIGHT, ended_at=MIDNIGHT + 9, duration_s=60.0, gross_r=-1.0, net_r=-1.1, mfe_r=0.2, mae_r=1.0,
    funding=0.0001, unseen_s=0.0, forward=(Forward(300, -0.01, -0.0113),),
)  # fmt: skip


@pytest.mark.parametrize("record", [SIGNAL, MOVED, OUTCOME], ids=lambda record: type(record).__name__)
def test_a_record_is_read_back_as_it_was_written_and_says_its_version(record: Record) -> None:
    text = msgspec.json.encode(record)

    assert msgspec.json.decode(text, type=type(record)) == record
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=type(record)) == record
    assert msgspec.json.decode(text)["version"] == VERSION


def test_what_a_later_version_adds_is_passed_over() -> None:
    text = msgspec.json.encode({**msgspec.to_builtins(MOVED), "version": 2, "mood": "good"})

    assert msgspec.json.decode(text, type=Transition) == msgspec.structs.replace(MOVED, version=2)


def test_only_what_waits_or_runs_is_open() -> None:
    assert [stage for stage in Stage if stage.is_open] == [Stage.PENDING, Stage.ACTIVE]


def test_the_reasons_of_conditions_and_those_of_trades_are_apart() -> None:
    assert {Reason.CEASED, Reason.REVERSED, Reason.TIME_TO_LIVE, Reason.LOST, Reason.LEFT} == OFF
    assert Reason.GONE not in OFF


def test_the_horizons_are_those_that_are_named() -> None:
    assert HORIZONS_S == {"5m": 300, "15m": 900, "1h": 3600, "4h": 14400, "24h": 86400}
