import msgspec
from tests.signal_records import AT, moved, outcome, signal

from tidemark.api.told_signals import move_row, outcome_row, plan_row, read_rows, return_rows, signal_row
from tidemark.model.signal import Forward, Side, Stage
from tidemark.units import MILLISECOND, MINUTE

AT_MS = AT // MILLISECOND


def test_a_trade_is_told_with_its_prices_and_what_came_of_it() -> None:
    one = signal(side=Side.SHORT, name="short")

    row = signal_row(one, Stage.TARGET, one.at + MINUTE, outcome(one, 1.5))

    assert (row.at_ms, row.moved_at_ms, row.stage, row.is_open) == (AT_MS, AT_MS + 60_000, "target", False)
    assert (row.side, row.kind, row.net_r) == (-1, "trade", 1.5)
    assert (row.entry, row.stop, row.first_target, row.last_target) == (100.0, 98.0, 102.0, 104.0)


def test_a_notice_has_no_prices() -> None:
    one = signal(is_trade=False)

    row = signal_row(one, Stage.ACTIVE, one.at, None)

    assert (row.kind, row.is_open, row.net_r) == ("notice", True, None)
    assert (row.entry, row.stop, row.first_target, row.last_target) == (None, None, None, None)


def test_a_step_says_what_was_read() -> None:
    row = move_row(moved(signal(), 3))

    assert (row.at_ms, row.was, row.now, row.reason, row.price) == (
        AT_MS + 180_000,
        "pending",
        "active",
        "entered",
        100.0,
    )
    assert [msgspec.structs.astuple(one) for one in row.reads] == [("last", 100.0, 1.0)]


def test_an_outcome_is_told_in_milliseconds_and_what_never_was_is_none() -> None:
    won, missed = outcome_row(outcome(signal())), outcome_row(outcome(signal(), None, is_null=True))

    assert (won.entered_at_ms, won.ended_at_ms, won.is_null) == (AT_MS + 60_000, AT_MS + 540_000, False)
    assert (missed.entered_at_ms, missed.net_r, missed.is_null, missed.of) == (None, None, True, signal().id)


def test_plan_reads_and_returns_keep_their_order() -> None:
    one = signal()
    assert one.plan is not None
    plan = plan_row(one.plan)
    later = msgspec.structs.replace(outcome(one), forward=(Forward(300, 0.01, 0.008), Forward(900, 0.02, 0.018)))

    assert (plan.targets, plan.rewards, plan.expires_at_ms) == ((102.0, 104.0), (0.93, 1.92), AT_MS + 240 * 60_000)
    assert [read.name for read in read_rows(one.reads)] == ["score", "coverage"]
    assert [(back.horizon_s, back.net) for back in return_rows(later)] == [(300, 0.008), (900, 0.018)]
