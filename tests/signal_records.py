"""Records of signals, as the monitor would write them."""

from tidemark.model.signal import Kind, Outcome, Plan, Read, Reason, Record, Side, Signal, Stage, Transition
from tidemark.units import MINUTE, SECOND

AT = 1_700_000_000 * SECOND
# The id of the first of minute 1.
SIGNAL = "BTCUSDT-confluence-long-1700000060"


def signal(
    number: int = 0,
    *,
    rule: str = "confluence",
    name: str = "long",
    symbol: str = "BTCUSDT",
    side: Side = Side.LONG,
    is_trade: bool = True,
    score: float | None = 71.5,
) -> Signal:
    """The signal of minute *number*."""
    at = AT + number * MINUTE
    plan = Plan(
        entry=100.0, stop=98.0, targets=(102.0, 104.0), risk=2.0, rewards=(0.93, 1.92), loss=-1.07, cost=0.00065,
        atr=1.2, tick_size=0.1, is_structural=False, wait_until=at + 15 * MINUTE, expires_at=at + 240 * MINUTE,
    )  # fmt: skip
    return Signal(
        id=f"{symbol}-{rule}-{name}-{at // SECOND}",
        rule=rule,
        name=name,
        symbol=symbol,
        side=side,
        kind=Kind.TRADE if is_trade else Kind.NOTICE,
        at=at,
        price=100.0,
        score=score,
        regime="range",
        reads=(Read("score", 71.5, 0.4), Read("coverage", 0.81, 0.4)),
        limits={"enter": 65.0, "leave": 58.0},
        sentence="score 71.5 with 81 % of its weight known",
        plan=plan if is_trade else None,
    )


def moved(
    of: Signal, minutes: int, now: Stage = Stage.ACTIVE, was: Stage = Stage.PENDING, reason: Reason = Reason.ENTERED
) -> Transition:
    """*of* moved so many minutes after it was raised."""
    return Transition(
        id=of.id,
        at=of.at + minutes * MINUTE,
        was=was,
        now=now,
        reason=reason,
        price=100.0,
        reads=(Read("last", 100.0, 1.0),),
    )


def outcome(of: Signal, net_r: float | None = 1.92, *, is_null: bool = False, is_final: bool = True) -> Outcome:
    """What came of *of*, or of the random entry against it."""
    has_result = net_r is not None
    return Outcome(
        id=f"{of.id}-null" if is_null else of.id,
        of=of.id,
        rule=of.rule,
        name=of.name,
        symbol=of.symbol,
        side=of.side,
        regime=of.regime,
        score=of.score,
        at=of.at,
        is_null=is_null,
        is_final=is_final,
        stage=Stage.TARGET if has_result else Stage.EXPIRED,
        reason=Reason.LAST_TARGET if has_result else Reason.MISSED,
        hits=2 if has_result else 0,
        entered_at=of.at + MINUTE if has_result else None,
        ended_at=of.at + 9 * MINUTE,
        duration_s=480.0 if has_result else None,
        gross_r=None if net_r is None else net_r + 0.07,
        net_r=net_r,
        mfe_r=2.0 if has_result else None,
        mae_r=0.3 if has_result else None,
        funding=0.0,
        unseen_s=0.0,
        forward=(),
    )


def story(number: int = 0, net_r: float = 1.92, **given: object) -> list[Record]:
    """A trade from its beginning to its end, as the log has it."""
    one = signal(number, **given)  # type: ignore[arg-type]
    return [
        one,
        moved(one, 1),
        moved(one, 4, Stage.ACTIVE, Stage.ACTIVE, Reason.FIRST_TARGET),
        moved(one, 9, Stage.TARGET, Stage.ACTIVE, Reason.LAST_TARGET),
        outcome(one, net_r),
    ]
