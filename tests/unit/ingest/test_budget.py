import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.ingest.budget import BACKGROUND_SHARE, SHARE, Priority, WeightBudget
from tidemark.ingest.venues.queries import Budget, Spent
from tidemark.units import SECOND

# 80 of these 100 are used: a fifth is left to others behind the same address.
BUDGET = Budget(weight=100, window_s=10.0, ban_s=60.0)
T0 = 1_000 * SECOND


def test_weight_passes_until_the_share_is_spent() -> None:
    budget = WeightBudget(BUDGET)

    assert [budget.acquire(40, T0), budget.acquire(40, T0)] == [0.0, 0.0]
    assert budget.acquire(1, T0) == 10.0
    assert budget.spent == 80


def test_weight_comes_back_when_it_leaves_the_window() -> None:
    budget = WeightBudget(BUDGET)
    budget.acquire(30, T0)
    budget.acquire(50, T0 + 4 * SECOND)

    assert budget.acquire(20, T0 + 5 * SECOND) == 5.0
    assert budget.acquire(40, T0 + 5 * SECOND) == 9.0
    assert budget.acquire(20, T0 + 10 * SECOND) == 0.0


def test_a_weight_beyond_the_budget_passes_alone() -> None:
    budget = WeightBudget(BUDGET)

    assert budget.acquire(500, T0) == 0.0
    assert budget.acquire(500, T0) == 10.0
    assert budget.acquire(500, T0 + 10 * SECOND) == 0.0


def test_a_pause_holds_everything_back_and_is_never_shortened() -> None:
    budget = WeightBudget(BUDGET)
    budget.pause(30.0, T0)
    budget.pause(5.0, T0)

    assert budget.acquire(1, T0 + SECOND) == 29.0
    assert budget.acquire(1, T0 + 30 * SECOND) == 0.0


def test_weight_that_others_used_counts() -> None:
    budget = WeightBudget(BUDGET)
    budget.acquire(10, T0)
    budget.observe(Spent(used=75), T0, 0)

    assert budget.spent == 75
    assert budget.acquire(10, T0) == 10.0
    assert budget.acquire(5, T0) == 0.0


def test_less_used_than_we_know_of_changes_nothing() -> None:
    budget = WeightBudget(BUDGET)
    budget.acquire(60, T0)
    budget.observe(Spent(used=1), T0, 0)

    assert budget.spent == 60


@pytest.mark.parametrize(("resets_at_ms", "wait_s"), [(53_000, 3.0), (999_000, 10.0), (49_000, 0.0)])
def test_nothing_left_waits_for_the_reset_but_no_longer_than_a_window(resets_at_ms: int, wait_s: float) -> None:
    budget = WeightBudget(BUDGET)
    budget.observe(Spent(left=0, resets_at_ms=resets_at_ms), T0, 50_000)

    assert budget.acquire(1, T0) == wait_s


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 4)), max_size=60))
def test_no_window_holds_more_than_the_share(asked: list[tuple[int, float]]) -> None:
    budget = WeightBudget(BUDGET)
    now, sent = T0, []
    for weight, pause_s in asked:
        now += int(pause_s * SECOND)
        while (wait_s := budget.acquire(weight, now)) > 0:
            now += int(wait_s * SECOND) + 1
        sent.append((now, weight))

    for at, _ in sent:
        assert sum(weight for when, weight in sent if at - 10 * SECOND < when <= at) <= SHARE * BUDGET.weight


def test_what_can_wait_leaves_a_share_to_what_cannot() -> None:
    budget = WeightBudget(BUDGET)

    # 60 % of the 80 are for the background.
    assert budget.limit(Priority.BACKGROUND) == 48
    assert budget.acquire(48, T0, Priority.BACKGROUND) == 0.0
    assert budget.acquire(1, T0, Priority.BACKGROUND) == 10.0
    assert budget.acquire(32, T0) == 0.0
    assert budget.acquire(1, T0) == 10.0


def test_the_background_waits_while_others_use_its_share() -> None:
    budget = WeightBudget(BUDGET)
    budget.acquire(20, T0)
    budget.acquire(40, T0 + 4 * SECOND)

    assert budget.acquire(8, T0 + 5 * SECOND, Priority.BACKGROUND) == 5.0
    assert budget.acquire(20, T0 + 5 * SECOND, Priority.BACKGROUND) == 9.0
    assert budget.acquire(20, T0 + 5 * SECOND) == 0.0


@given(st.lists(st.tuples(st.integers(1, 40), st.floats(0, 4), st.sampled_from(Priority)), max_size=60))
def test_whatever_is_asked_the_background_never_takes_more_than_its_share(
    asked: list[tuple[int, float, Priority]],
) -> None:
    budget = WeightBudget(BUDGET)
    now, sent = T0, []
    for weight, pause_s, priority in asked:
        now += int(pause_s * SECOND)
        while (wait_s := budget.acquire(weight, now, priority)) > 0:
            now += int(wait_s * SECOND) + 1
        sent.append((now, weight, priority))

    for at, _, _ in sent:
        window = [(weight, priority) for when, weight, priority in sent if at - 10 * SECOND < when <= at]
        assert sum(weight for weight, _ in window) <= SHARE * BUDGET.weight
        assert sum(weight for weight, priority in window if priority is Priority.BACKGROUND) <= (
            SHARE * BACKGROUND_SHARE * BUDGET.weight
        )
