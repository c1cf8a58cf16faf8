import math

import msgspec
import pytest
from tests.signalling import at_s

from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Kind, Plan, Reason, Side, Signal, Stage
from tidemark.signals.followed import NUMBER, OWNER, REASONS, STAGES, Followed, Saved, identity_of

PLAN = Plan(
    entry=100.0, stop=98.0, targets=(102.0, 104.0), risk=2.0, rewards=(1.0, 2.0), loss=-1.0, cost=0.001, atr=1.0,
    tick_size=0.1, is_structural=False, wait_until=at_s(900), expires_at=at_s(3600),
)  # fmt: skip


def signal(symbol: str = "BTCUSDT", at: float = 5.0, score: float | None = 61.0) -> Signal:
    return Signal(
        id=identity_of(symbol, "whale_flow", "long", at_s(at)), rule="whale_flow", name="long", symbol=symbol,
        side=Side.LONG, kind=Kind.TRADE, at=at_s(at), price=100.5, score=score, regime="trend_up", reads=(), limits={},
        sentence="", plan=PLAN,
    )  # fmt: skip


def begun(*, capacity: int = 4) -> Followed:
    followed = Followed(capacity=capacity, ledger=Ledger())
    followed.begin(0, signal(), slot=3)
    return followed


def ended(followed: Followed, leave: float = 103.0) -> Followed:
    values = {
        "stage": NUMBER[Stage.EXPIRED], "reason": REASONS.index(Reason.OVER), "entered_at": at_s(60),
        "ended_at": at_s(660), "leave": leave, "best": 3.5, "worst": 1.0, "funding": 0.002, "hits": 1,
        "unseen": at_s(60) - at_s(0), "carried": 0.003,
    }  # fmt: skip
    for name, value in values.items():
        followed.columns[name][0] = value
    followed.columns["forward"][0, 1], followed.columns["forward_carried"][0, 1] = 0.05, 0.003
    return followed


def test_an_entry_begins_pending_and_is_followed_from_the_next_whole_minute() -> None:
    followed = begun()

    assert STAGES[int(followed.columns["stage"][0])] is Stage.PENDING
    assert followed.columns["followed_to"][0] == at_s(60)
    assert followed.identity(0) == (signal().id, signal().id)
    assert followed.free() == 1


def test_an_outcome_says_what_it_brought() -> None:
    outcome = ended(begun()).outcome(0, is_final=True)

    # 3 of 2 at risk; of that 1 per mille of 203 and 2 per mille of 100.
    assert outcome.gross_r == pytest.approx(1.5)
    assert outcome.net_r == pytest.approx(1.5 - (0.203 + 0.2) / 2.0)
    assert (outcome.mfe_r, outcome.mae_r) == (1.75, 0.5)
    assert (outcome.duration_s, outcome.unseen_s, outcome.hits) == (600.0, 60.0, 1)
    assert (outcome.regime, outcome.score, outcome.reason) == ("trend_up", 61.0, Reason.OVER)
    (forward,) = outcome.forward
    assert (forward.horizon_s, forward.gross) == (900, 0.05)
    assert forward.net == pytest.approx(0.05 - 0.002 - 0.003)


def test_one_that_was_never_entered_has_no_result() -> None:
    outcome = begun().outcome(0, is_final=False)

    assert (outcome.net_r, outcome.mfe_r, outcome.entered_at, outcome.duration_s) == (None, None, None, None)
    assert outcome.forward == ()


def test_the_random_entry_belongs_to_its_signal_and_carries_its_key() -> None:
    followed = begun()
    followed.plan_null(1, 0, at_s(90_000))

    outcome = followed.outcome(1, is_final=False)

    assert (outcome.id, outcome.of, outcome.is_null) == (f"{signal().id}-null", signal().id, True)
    assert (outcome.regime, outcome.score, outcome.side) == ("trend_up", 61.0, Side.LONG)


def test_all_of_it_is_resumed_as_it_was_saved() -> None:
    followed = ended(begun())
    followed.plan_null(2, 0, at_s(90_000))
    followed.begin(3, signal("ETHUSDT", score=None), slot=1)
    saved = followed.saved()
    again = Followed(capacity=4, ledger=Ledger())

    left_out = again.resume(msgspec.json.decode(msgspec.json.encode(saved), type=Saved))

    assert left_out == 0
    assert again.saved() == saved
    assert again.columns["slot"].tolist() == [-1, 0, -1, -1]
    assert again.outcome(0, is_final=True) == followed.outcome(0, is_final=True)
    again.join(7, "BTCUSDT")
    assert again.columns["slot"].tolist() == [7, 0, 7, -1]
    assert math.isnan(again.columns["score"][3])


def test_what_is_of_another_version_or_rule_or_too_much_is_left_out() -> None:
    followed = ended(begun())
    followed.begin(1, signal("ETHUSDT"), slot=1)
    saved = followed.saved()

    def left_out(other: Saved, capacity: int = 4) -> int:
        return Followed(capacity=capacity, ledger=Ledger()).resume(other)

    assert left_out(msgspec.structs.replace(saved, version=99)) == 2
    assert left_out(msgspec.structs.replace(saved, rules=("tea_leaves",) * len(saved.rules))) == 2
    assert left_out(msgspec.structs.replace(saved, columns={"symbol": ["BTCUSDT"]})) == 1
    assert left_out(saved, capacity=1) == 1


def test_rules_are_found_again_by_their_names() -> None:
    followed = begun()
    saved = followed.saved()
    shifted = msgspec.structs.replace(
        saved, rules=("gone", *saved.rules), columns={**saved.columns, "rule": [saved.columns["rule"][0] + 1]}
    )
    again = Followed(capacity=4, ledger=Ledger())

    assert again.resume(shifted) == 0
    assert again.identity(0) == followed.identity(0)


def test_it_reports_what_it_holds_and_takes_what_it_reserved() -> None:
    ledger = Ledger()
    followed = Followed(capacity=4, ledger=ledger)
    followed.begin(0, signal(), slot=3)
    followed.begin(2, signal(), slot=3)
    followed.clear(0)

    usage = followed.usage()
    assert (usage.used, usage.peak) == (1, 1)
    assert [one.bytes for one in Followed.reserve(capacity=4)] == [
        line.bytes_reserved for line in ledger.report() if line.owner == OWNER
    ]
