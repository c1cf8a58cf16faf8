import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.model.signal import Plan, Side
from tidemark.signals.plan import Costs, is_plannable, net_r, plan, swing_of
from tidemark.signals.rules.base import TradeParameters
from tidemark.units import SECOND

LIMITS = {name: float(value) for name, value in msgspec.structs.asdict(TradeParameters()).items()}
FREE = Costs(fee_bps=0.0, slippage_bps=0.0)


def planned(
    side: Side = Side.LONG, *, price: float = 100.0, atr: float = 1.0, swing: float | None = None, tick: float = 0.1,
    costs: Costs = FREE, **limits: float,
) -> Plan:  # fmt: skip
    made = plan(side, price=price, atr=atr, swing=swing, tick_size=tick, limits={**LIMITS, **limits}, costs=costs, at=0)
    assert made is not None
    return made


def test_without_a_swing_the_stop_is_at_its_nearer_bound_and_targets_are_multiples_of_the_risk() -> None:
    made = planned()

    assert (made.entry, made.stop, *made.targets) == pytest.approx((100.0, 98.5, 101.5, 103.0))
    assert made.risk == pytest.approx(1.5)
    assert made.rewards == pytest.approx((1.0, 2.0))
    assert made.loss == pytest.approx(-1.0)
    assert not made.is_structural


@pytest.mark.parametrize(
    ("swing", "stop", "is_structural"), [(98.0, 97.9, True), (99.5, 98.5, False), (90.0, 97.0, False)]
)
def test_the_stop_is_a_tenth_of_a_range_beyond_the_swing_within_its_bounds(
    swing: float, stop: float, is_structural: bool
) -> None:
    made = planned(swing=swing)

    assert made.stop == pytest.approx(stop)
    assert made.is_structural is is_structural


def test_all_is_rounded_against_the_trade() -> None:
    made = planned(price=100.07, atr=1.03)

    # Entry down to 100.0; 1.5 x 1.03 = 1.545 below it is 98.455, down to 98.4; 1.6 and 3.2 above it.
    assert (made.entry, made.stop, *made.targets) == pytest.approx((100.0, 98.4, 101.6, 103.2))


def test_a_pullback_enters_better() -> None:
    assert planned(pullback=0.5).entry == pytest.approx(99.5)
    assert planned(Side.SHORT, pullback=0.5).entry == pytest.approx(100.5)


def test_costs_make_the_rewards_smaller_and_the_loss_larger() -> None:
    made = planned(costs=Costs(fee_bps=5.0, slippage_bps=0.0))

    # 5 bps of 100 + 101.5, of 100 + 103 and of 100 + 98.5, over a risk of 1.5.
    assert made.rewards == pytest.approx((1.0 - 0.10075 / 1.5, 2.0 - 0.1015 / 1.5))
    assert made.loss == pytest.approx(-1.0 - 0.09925 / 1.5)
    assert made.cost == pytest.approx(0.0005)


def test_times_are_counted_from_the_signal() -> None:
    made = planned(wait=60.0, life=120.0)

    assert (made.wait_until, made.expires_at) == (60 * SECOND, 120 * SECOND)


def test_prices_that_would_not_be_positive_are_no_plan() -> None:
    for side, price in ((Side.LONG, 1.0), (Side.SHORT, 2.0)):
        made = plan(
            side, price=price, atr=1.0, swing=None, tick_size=0.1, limits=LIMITS, costs=FREE, at=0
        )  # fmt: skip
        assert made is None
    assert plan(Side.NEUTRAL, price=9.0, atr=1.0, swing=None, tick_size=0.1, limits=LIMITS, costs=FREE, at=0) is None


@given(
    price=st.integers(20_000, 90_000), atr=st.floats(1.0, 900.0), swing=st.one_of(st.none(), st.integers(1, 3000)),
    pullback=st.floats(0.0, 2.0),
)  # fmt: skip
def test_the_mirrored_market_has_the_mirrored_plan(price: int, atr: float, swing: int | None, pullback: float) -> None:
    # Whole ticks around 131,072, which doubles reflect without an error.
    middle, tick = 131_072.0, 1.0 / 128.0
    long = middle + price * tick
    low = None if swing is None else long - swing * tick
    one = planned(price=long, atr=atr * tick, swing=low, tick=tick, pullback=pullback)
    other = planned(
        Side.SHORT, price=2 * middle - long, atr=atr * tick, swing=None if low is None else 2 * middle - low, tick=tick,
        pullback=pullback,
    )  # fmt: skip

    for price_of_one, price_of_other in zip(
        (one.entry, one.stop, *one.targets), (other.entry, other.stop, *other.targets), strict=True
    ):
        assert price_of_one - middle == middle - price_of_other
    assert (one.risk, one.is_structural) == (other.risk, other.is_structural)


@given(price=st.floats(0.001, 1e5), share=st.floats(0.0005, 0.05), tick=st.sampled_from([1e-6, 1e-4, 0.01, 0.5]))
def test_every_plan_is_of_whole_ticks_in_order(price: float, share: float, tick: float) -> None:
    made = plan(Side.LONG, price=price, atr=price * share, swing=None, tick_size=tick, limits=LIMITS, costs=FREE, at=0)
    if made is None:
        return
    prices = (made.stop, made.entry, *made.targets)
    assert prices[0] < prices[1] < prices[2] <= prices[3]
    assert made.risk >= 1.5 * price * share * (1 - 1e-6) - 1e-5 * tick
    for one in prices:
        assert one / tick == pytest.approx(round(one / tick), rel=1e-9)


def test_a_trade_is_planned_only_where_costs_leave_half_of_its_risk() -> None:
    costs = Costs(fee_bps=5.0, slippage_bps=0.0, most_of_risk=0.5)
    # Both sides cost 0.1 of 100; half of a risk of 1.5 ATR is that at an ATR of 0.1333.
    atr = np.array([0.14, 0.13, 0.0, np.inf])

    fit = is_plannable(np.full(4, 100.0), atr, np.array([True, True, True, False]), LIMITS, costs)

    assert fit.tolist() == [True, False, False, False]


def test_what_a_trade_brought_counts_costs_and_funding() -> None:
    assert net_r(1, 100.0, 103.0, 1.5, 0.0) == pytest.approx(2.0)
    assert net_r(-1, 100.0, 103.0, 1.5, 0.0) == pytest.approx(-2.0)
    assert net_r(1, 100.0, 103.0, 1.5, 0.001, funding=0.001) == pytest.approx((3.0 - 0.203 - 0.1) / 1.5)


def test_the_swing_is_the_one_against_the_trade_and_beyond_the_price() -> None:
    assert swing_of(Side.LONG, 99.0, 101.0, 100.0) == 99.0
    assert swing_of(Side.SHORT, 99.0, 101.0, 100.0) == 101.0
    assert swing_of(Side.LONG, 100.0, 101.0, 100.0) is None
    assert swing_of(Side.SHORT, None, None, 100.0) is None


@pytest.mark.parametrize("side", [Side.LONG, Side.SHORT])
def test_a_goal_beyond_the_entry_is_the_first_target_and_the_last_is_no_nearer(side: Side) -> None:
    def with_goal(distance: float) -> tuple[float, ...]:
        made = plan(
            side, price=100.0, atr=1.0, swing=None, tick_size=0.1, limits=LIMITS, costs=FREE, at=0,
            goal=100.0 + side * distance,
        )  # fmt: skip
        assert made is not None
        return tuple(round(side * (target - 100.0), 6) for target in made.targets)

    # The risk is 1.5, so that without one they are at 1.5 and 3; what is not a whole tick is rounded away.
    assert with_goal(2.04) == (2.1, 3.0)
    assert with_goal(5.0) == (5.0, 5.0)
    assert with_goal(-1.0) == (1.5, 3.0)
