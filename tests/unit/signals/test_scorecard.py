import msgspec
import numpy as np
import pytest
from tests.build import MIDNIGHT
from tests.unit.model.test_signal import OUTCOME

from tidemark.model.signal import Outcome, Side
from tidemark.signals.scorecard import BLOCK_NS, LEAST, newest, scorecards
from tidemark.signals.statistics import wilson


def outcome(number: int, net_r: float | None, *, block: int | None = None, **changed: object) -> Outcome:
    identity = f"S{number}"
    at = MIDNIGHT + (number if block is None else block) * BLOCK_NS
    entered = None if net_r is None else at
    fields = {"id": identity, "of": identity, "net_r": net_r, "at": at, "entered_at": entered, **changed}
    return msgspec.structs.replace(OUTCOME, **fields)


def against(one: Outcome, net_r: float | None) -> Outcome:
    return msgspec.structs.replace(one, id=f"{one.id}-null", net_r=net_r, is_null=True)


def test_a_card_has_the_figures_that_can_be_worked_out_by_hand() -> None:
    (card,) = scorecards([outcome(0, 2.0), outcome(1, -1.0), outcome(2, -1.0), outcome(3, 2.0), outcome(4, None)])

    assert (card.rule, card.symbol, card.signals, card.n, card.missed, card.wins) == ("whale_flow", None, 5, 4, 1, 2)
    assert (card.win_rate, card.mean_r, card.blocks) == (0.5, 0.5, 4)
    assert card.win_interval == wilson(2, 4)
    assert card.mean_r_interval is not None
    assert card.mean_r_interval.low == -1.0
    assert (card.mean_mfe_r, card.median_duration_s) == (0.2, 60.0)
    assert (card.pairs, card.null_mean_r, card.difference, card.p_value) == (0, None, None, None)


def test_it_says_too_few_where_it_is_too_few() -> None:
    few = [outcome(number, 1.0) for number in range(LEAST - 1)]
    at_once = [outcome(number, 1.0, block=0) for number in range(LEAST)]
    enough = [outcome(number, 1.0) for number in range(LEAST)]

    for some in (few, at_once):
        (card,) = scorecards([*some, *(against(one, 0.0) for one in some)])
        assert not card.is_enough
        assert card.verdict.startswith("too few")
    (card,) = scorecards([outcome(0, 1.0), against(outcome(0, 1.0), 0.0)])
    assert card.verdict == "too few: 1 trade in 1 block of four hours, 1 with a random entry"
    (card,) = scorecards([*enough, *(against(one, 0.0) for one in enough)])
    assert card.is_enough
    assert card.verdict == "better than chance (p = 0.0005)"


def test_a_trade_is_held_against_its_own_random_entry() -> None:
    some = [outcome(number, 1.0) for number in range(3)]
    (card,) = scorecards([*some, against(some[0], 0.5), against(some[1], -0.5), against(some[2], None)])

    assert (card.pairs, card.null_mean_r, card.difference) == (2, 0.0, 1.0)
    # 0.5 and 1.5, turned in four ways: only both up and both down are as far.
    assert card.p_value == 0.5
    assert card.n == 3


def test_worse_than_chance_is_said_as_well_and_so_is_no_difference() -> None:
    rng = np.random.default_rng(1)
    worse = [outcome(number, -1.0 + rng.normal() / 9) for number in range(40)]
    same = [outcome(number, float(rng.normal())) for number in range(40)]

    (bad,) = scorecards([*worse, *(against(one, 0.0) for one in worse)])
    (even,) = scorecards([*same, *(against(one, float(rng.normal())) for one in same)])

    assert bad.verdict == "worse than chance (p = 0.0005)"
    assert even.verdict.startswith("no better and no worse than chance")


def test_groups_are_by_what_is_asked_for() -> None:
    some = [
        outcome(0, 1.0, symbol="A"),
        outcome(1, 1.0, symbol="B", side=Side.SHORT),
        outcome(2, 1.0, symbol="B", regime="volatile"),
    ]

    assert [(card.symbol, card.n) for card in scorecards(some, ["symbol"])] == [("A", 1), ("B", 2)]
    assert [(card.symbol, card.regime, card.side) for card in scorecards(some, ["symbol", "regime", "side"])] == [
        ("A", "range", 1),
        ("B", "range", -1),
        ("B", "volatile", 1),
    ]


def test_a_later_record_replaces_the_earlier_one() -> None:
    (card,) = scorecards([outcome(0, None), outcome(0, 1.0)])

    assert (card.signals, card.n) == (1, 1)


def test_the_order_of_rows_and_the_same_seed_change_nothing() -> None:
    some = [outcome(number, float(number % 3) - 1.0) for number in range(20)]
    rows = [*some, *(against(one, 0.1) for one in some)]

    assert scorecards(rows) == scorecards(rows)
    assert scorecards(rows)[0].mean_r == pytest.approx(scorecards(rows[::-1])[0].mean_r or 0.0)


def test_nothing_has_no_card_and_too_much_is_refused() -> None:
    assert scorecards([]) == []
    with pytest.raises(ValueError, match="more than 2 outcomes"):
        newest([outcome(number, 1.0) for number in range(3)], most=2)
