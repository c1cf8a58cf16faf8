"""Signals as they are told: a signal with where it stands, a step of its way, and what came of it, each in one row."""

import msgspec

from tidemark.api.routes.base import Milliseconds
from tidemark.model.signal import Outcome, Plan, Read, Signal, Stage, Transition
from tidemark.signals.recent import Known
from tidemark.units import MILLISECOND


class SignalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A signal, by the exchange's clock, and where it stands since moved_at_ms.

    side: 1 long, -1 short, 0 neither. symbol: "*" where it is said of all markets together. entry to last_target: null
    of a notice, which has no trade. net_r: what came of it in R, with costs and funding; null until it was graded.
    """

    id: str
    rule: str
    name: str
    symbol: str
    side: int
    kind: str
    at_ms: Milliseconds
    stage: str
    is_open: bool
    moved_at_ms: Milliseconds
    price: float | None
    score: float | None
    regime: str
    sentence: str
    entry: float | None
    stop: float | None
    first_target: float | None
    last_target: float | None
    net_r: float | None


class ReadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that a decision was made from, and how old it was."""

    name: str
    value: float
    age_s: float


class MoveRow(msgspec.Struct, frozen=True, kw_only=True):
    """Signal `id` moved from stage `was` to `now`. price: at which it did, null where it has none.

    Both stages are the same where only the condition of the signal ceased.
    """

    id: str
    at_ms: Milliseconds
    was: str
    now: str
    reason: str
    price: float | None
    reads: tuple[ReadRow, ...]


class PlanRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where to enter, give up and take. risk: from entry to stop, 1 R; rewards, loss: in R, net of costs.

    cost: of one side, as a fraction. is_structural: whether a swing set the stop, else the average true range did.
    """

    entry: float
    stop: float
    targets: tuple[float, ...]
    risk: float
    rewards: tuple[float, ...]
    loss: float
    cost: float
    atr: float
    is_structural: bool
    wait_until_ms: Milliseconds
    expires_at_ms: Milliseconds


class ReturnRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the price did for a signal's side in `horizon_s`: as it was, and net of costs and funding, as fractions."""

    horizon_s: int
    gross: float
    net: float


class OutcomeRow(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the trade of signal `of`. is_null: of the random entry against it.

    stage, reason: how it ended; is_final: whether nothing of it changes any more. In R: gross_r and net_r, null where
    it was never entered; mfe_r, mae_r: the farthest that the price went for it and against it. funding: paid, as a
    fraction of the entry. unseen_s: so long nobody saw the price.
    """

    id: str
    of: str
    rule: str
    name: str
    symbol: str
    side: int
    regime: str
    score: float | None
    at_ms: Milliseconds
    is_null: bool
    is_final: bool
    stage: str
    reason: str
    hits: int
    entered_at_ms: Milliseconds | None
    ended_at_ms: Milliseconds | None
    duration_s: float | None
    gross_r: float | None
    net_r: float | None
    mfe_r: float | None
    mae_r: float | None
    funding: float
    unseen_s: float


def signal_row(signal: Signal, stage: Stage, moved_at: int, outcome: Outcome | None) -> SignalRow:
    """*signal*, which stands at *stage* since *moved_at* (ns), and what came of it so far."""
    plan = signal.plan
    return SignalRow(
        id=signal.id,
        rule=signal.rule,
        name=signal.name,
        symbol=signal.symbol,
        side=int(signal.side),
        kind=signal.kind.value,
        at_ms=signal.at // MILLISECOND,
        stage=stage.value,
        is_open=stage.is_open,
        moved_at_ms=moved_at // MILLISECOND,
        price=signal.price,
        score=signal.score,
        regime=signal.regime,
        sentence=signal.sentence,
        entry=None if plan is None else plan.entry,
        stop=None if plan is None else plan.stop,
        first_target=None if plan is None else plan.targets[0],
        last_target=None if plan is None else plan.targets[-1],
        net_r=None if outcome is None else outcome.net_r,
    )


def known_row(known: Known) -> SignalRow:
    """A signal that the process knows, and where it stands."""
    moved_at = known.transitions[-1].at if known.transitions else known.signal.at
    return signal_row(known.signal, known.stage, moved_at, known.outcome)


def read_rows(reads: tuple[Read, ...]) -> tuple[ReadRow, ...]:
    """The figures, in their order."""
    return tuple(ReadRow(name=one.name, value=one.value, age_s=one.age_s) for one in reads)


def move_row(moved: Transition) -> MoveRow:
    """One step of the way of a signal."""
    return MoveRow(
        id=moved.id,
        at_ms=moved.at // MILLISECOND,
        was=moved.was.value,
        now=moved.now.value,
        reason=moved.reason.value,
        price=moved.price,
        reads=read_rows(moved.reads),
    )


def plan_row(plan: Plan) -> PlanRow:
    """The plan of a trade."""
    return PlanRow(
        entry=plan.entry,
        stop=plan.stop,
        targets=plan.targets,
        risk=plan.risk,
        rewards=plan.rewards,
        loss=plan.loss,
        cost=plan.cost,
        atr=plan.atr,
        is_structural=plan.is_structural,
        wait_until_ms=plan.wait_until // MILLISECOND,
        expires_at_ms=plan.expires_at // MILLISECOND,
    )


def return_rows(outcome: Outcome) -> tuple[ReturnRow, ...]:
    """What is known of each horizon, the shortest first."""
    return tuple(ReturnRow(horizon_s=one.horizon_s, gross=one.gross, net=one.net) for one in outcome.forward)


def outcome_row(one: Outcome) -> OutcomeRow:
    """What came of a trade."""
    return OutcomeRow(
        id=one.id,
        of=one.of,
        rule=one.rule,
        name=one.name,
        symbol=one.symbol,
        side=int(one.side),
        regime=one.regime,
        score=one.score,
        at_ms=one.at // MILLISECOND,
        is_null=one.is_null,
        is_final=one.is_final,
        stage=one.stage.value,
        reason=one.reason.value,
        hits=one.hits,
        entered_at_ms=_ms(one.entered_at),
        ended_at_ms=_ms(one.ended_at),
        duration_s=one.duration_s,
        gross_r=one.gross_r,
        net_r=one.net_r,
        mfe_r=one.mfe_r,
        mae_r=one.mae_r,
        funding=one.funding,
        unseen_s=one.unseen_s,
    )


def _ms(moment: int | None) -> int | None:
    return None if moment is None else moment // MILLISECOND
