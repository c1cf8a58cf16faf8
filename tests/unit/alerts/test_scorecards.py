import msgspec
import numpy as np
import sqlalchemy as sa
from tests.alerting import AT, VENUE, tables

from tidemark.alerts.scorecards import Scorecards, line_of
from tidemark.model.signal import Outcome, Reason, Side, Stage
from tidemark.signals.scorecard import scorecards
from tidemark.store import signal_rows
from tidemark.units import HOUR, MINUTE


def outcome(number: int, net_r: float, *, is_null: bool = False) -> Outcome:
    identity = f"S-{number}"
    return Outcome(
        id=f"{identity}-null" if is_null else identity, of=identity, rule="confluence", name="long", symbol="BTCUSDT",
        side=Side.LONG, regime="trend", score=66.0, at=AT - (100 - number) * 5 * HOUR, is_null=is_null, is_final=True,
        stage=Stage.TARGET, reason=Reason.LAST_TARGET, hits=1, entered_at=AT, ended_at=AT, duration_s=60.0,
        gross_r=net_r, net_r=net_r, mfe_r=1.0, mae_r=-0.5, funding=0.0, unseen_s=0.0, forward=(),
    )  # fmt: skip


def kept(engine: sa.Engine, outcomes: list[Outcome]) -> None:
    with engine.begin() as connection:
        signal_rows.put(connection, VENUE, outcomes)


def test_a_line_says_how_many_and_what_they_were_worth_with_its_interval() -> None:
    drawn = np.random.default_rng(1).normal(0.12, 1.0, 41)
    engine = tables()
    kept(engine, [outcome(number, float(net_r)) for number, net_r in enumerate(drawn)])
    kept(engine, [outcome(number, 0.0, is_null=True) for number in range(41)])

    line = Scorecards(engine, VENUE).line("confluence", AT)

    (card,) = scorecards([outcome(number, float(net_r)) for number, net_r in enumerate(drawn)])
    assert line is not None
    assert card.mean_r_interval is not None
    assert line.startswith(f"Confluence: 41 signals, mean R {drawn.mean():+.2f} [{card.mean_r_interval.low:.2f}, ")
    assert "chance (p = " in line


def test_too_few_are_called_so() -> None:
    engine = tables()
    kept(engine, [outcome(1, 1.0)])

    assert Scorecards(engine, VENUE).line("confluence", AT) == (
        "Confluence: 1 graded so far, too few to say what its signals are worth"
    )


def test_what_has_no_outcomes_has_no_line() -> None:
    made = Scorecards(tables(), VENUE)

    assert made.line("feed_quality", AT) is None
    assert made.line("of_a_later_version", AT) is None


def test_a_line_is_kept_for_ten_minutes() -> None:
    engine = tables()
    made = Scorecards(engine, VENUE)
    assert made.line("confluence", AT) is None
    kept(engine, [outcome(1, 1.0)])

    assert made.line("confluence", AT + 9 * MINUTE) is None
    assert made.line("confluence", AT + 10 * MINUTE) is not None


def test_a_card_of_a_rule_of_another_version_has_its_name() -> None:
    (card,) = scorecards([outcome(1, 1.0)])

    assert line_of(msgspec.structs.replace(card, rule="of_later")).startswith("of_later: 1 graded")
