"""What holds for every account, whatever is ordered in whatever candles."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.brokers import MIRROR, MODES, PLAIN, VECTORISED, free, instrument, made

from tidemark.backtest.broker.account import Account, Sizes
from tidemark.backtest.broker.models import Models
from tidemark.kernels import broker, broker_columns
from tidemark.model.round_trip import RoundTrip
from tidemark.model.signal import Side
from tidemark.units import MINUTE

SIZES = Sizes(orders=24, trips=512, told=512, fills=2048)
LOT, TICK = 0.25, 0.5
Candle = tuple[float, float, float, float, float]
Order = dict[str, Any]
# What a strategy does behind each candle: candle, its orders.
Story = list[tuple[Candle, list[Order]]]
QUICK = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
# Everything on, so that a property is not one of an account that does nothing.
COSTLY = {
    "slippage.use": "volume_share", "latency.use": "milliseconds", "margin.use": "cross", "margin.cross.leverage": "5",
    "filling.use": "volume_share", "funding.constant.hours": "1",
}  # fmt: skip
KINDS_OF_MODELS = {
    "free": free(),
    "default": Models(),
    "isolated": Models.load({"margin.isolated.leverage": "20", "slippage.use": "spread"}),
    "costly": Models.load(COSTLY),
}


def halves(low: float, high: float) -> st.SearchStrategy[float]:
    """Prices on ticks, so that a mirrored one is exact."""
    return st.integers(int(low / TICK), int(high / TICK)).map(lambda ticks: ticks * TICK)


@st.composite
def candles(draw: st.DrawFn) -> Candle:
    low, height = draw(halves(85.0, 110.0)), draw(halves(0.0, 10.0))
    opened, close = (low + draw(halves(0.0, height)) for _ in range(2))
    return opened, low + height, low, close, draw(st.sampled_from([0.0, 3.0, 40.0, 1000.0]))


@st.composite
def orders(draw: st.DrawFn) -> Order:
    prices = halves(85.0, 115.0)
    kind = draw(st.sampled_from(broker_columns.KINDS))
    flags = draw(st.sampled_from([0, 0, 0, 1, 2, 16])) if kind == "market" else draw(st.sampled_from([0, 0, 1]))
    made: Order = {
        "side": draw(st.sampled_from([1, -1])), "size": LOT * draw(st.integers(1, 12)),
        "kind": broker_columns.KINDS.index(kind), "flags": flags, "life": draw(st.sampled_from([0, 0, 1, 3])),
    }  # fmt: skip
    if kind in {"limit", "stop_limit"}:
        made["price"] = draw(prices)
    if kind in {"stop", "stop_limit", "take_profit"}:
        made["trigger"] = draw(prices)
    if kind == "trailing":
        made["distance"] = draw(halves(0.5, 6.0))
    for name in ("stop", "target"):
        if draw(st.booleans()):
            made[name] = draw(prices)
    if draw(st.booleans()):
        made["trail"] = draw(halves(0.5, 6.0))
    return made


STORIES = st.lists(st.tuples(candles(), st.lists(orders(), max_size=2)), min_size=2, max_size=25)
each_model = pytest.mark.parametrize("models", KINDS_OF_MODELS.values(), ids=list(KINDS_OF_MODELS))


def account(models: Models, mode: str = "built") -> Account:
    return made(models, mode=mode, cash=2000.0, instruments=[instrument(tick=TICK, lot=LOT)], sizes=SIZES)


def play(one: Account, story: Story, begin: int = 0) -> None:
    for at, (candle, asked) in enumerate(story, begin):
        one.kernel.bar(0, at * MINUTE, *candle)
        for order in asked:
            one.kernel.order(0, **order)


def said(one: Account) -> tuple[object, ...]:
    """All that an account says."""
    return (
        one.drain(), one.told(), one.fills(), one.counts(), one.kernel.cash, one.kernel.equity(), one.kernel.drawdown,
        one.kernel.position(0), one.kernel.waiting(0),
    )  # fmt: skip


@each_model
@QUICK
@given(story=STORIES)
def test_profits_are_the_change_of_the_equity(models: Models, story: Story) -> None:
    one = account(models)
    play(one, story)
    closed = one.drain()
    before = sum(trip.profit for trip in closed)
    open_part = one.kernel.equity() - 2000.0 - before
    every = closed + one.finish()
    scale = 2000.0 + one.kernel.turnover

    assert abs(one.kernel.equity() - 2000.0 - sum(trip.profit for trip in every)) <= 1e-9 * scale
    assert one.kernel.cash == one.kernel.equity()
    assert sum(trip.fees for trip in every) == pytest.approx(one.kernel.fees, abs=1e-9)
    assert sum(trip.funding for trip in every) == pytest.approx(one.kernel.funding, abs=1e-9)
    assert sum(trip.slippage for trip in every) == pytest.approx(one.kernel.slippage, abs=1e-9)
    # What is left when all that was closed is taken off is of the position that was open.
    if len(every) == len(closed):
        assert abs(open_part) <= 1e-9 * scale


@each_model
@QUICK
@given(story=STORIES)
def test_no_fill_lies_outside_its_candle(models: Models, story: Story) -> None:
    one = account(models)
    for at, (candle, asked) in enumerate(story):
        one.kernel.bar(0, at * MINUTE, *candle)
        liquidated = [told for told in one.told() if told.reason.value == "liquidated"]
        for fill in one.fills():
            # Where the insurance pays, a liquidation is settled at the bankruptcy price.
            is_settled = any(fill.price == told.price for told in liquidated)
            assert candle[2] <= fill.price <= candle[1] or is_settled, fill
            assert at * MINUTE <= fill.at < (at + 1) * MINUTE
        for order in asked:
            one.kernel.order(0, **order)


@each_model
@QUICK
@given(story=STORIES)
def test_what_only_reduces_never_opens_and_quantities_are_lots(models: Models, story: Story) -> None:
    one = account(models)
    reducing: set[int] = set()
    held = 0.0
    for at, (candle, asked) in enumerate(story):
        one.kernel.bar(0, at * MINUTE, *candle)
        for fill in one.fills():
            if fill.order in reducing or fill.order == 0:
                assert held * fill.side < 0.0
                assert fill.quantity <= abs(held)
            if models.name("rounding") == "instrument":
                assert fill.quantity / LOT == round(fill.quantity / LOT)
            held += fill.side * fill.quantity
        assert one.kernel.position(0) == pytest.approx(held, abs=1e-9)
        for order in asked:
            number = one.kernel.order(0, **order)
            if order["flags"] in {1, 16}:
                reducing.add(number)


@QUICK
@given(story=STORIES)
def test_a_mirrored_market_gives_mirrored_trades(story: Story) -> None:
    one, other = account(free()), account(free())
    play(one, story)
    play(other, [(mirrored(candle), [turned(order) for order in asked]) for candle, asked in story])
    trips = one.drain()
    turned_trips = other.drain()

    assert len(trips) == len(turned_trips)
    for trip, twin in zip(trips, turned_trips, strict=True):
        assert (trip.side, trip.exit, trip.bars) == (Side(-twin.side), twin.exit, twin.bars)
        assert (trip.quantity, trip.entry_at, trip.exit_at) == (twin.quantity, twin.entry_at, twin.exit_at)
        assert trip.profit == pytest.approx(twin.profit, abs=1e-9)
        assert trip.entry_price == pytest.approx(MIRROR - twin.entry_price, rel=1e-12)
    assert one.kernel.equity() == pytest.approx(other.kernel.equity(), rel=1e-12)


def mirrored(candle: Candle) -> Candle:
    opened, high, low, close, volume = candle
    return MIRROR - opened, MIRROR - low, MIRROR - high, MIRROR - close, volume


def turned(order: Order) -> Order:
    prices: Order = {name: MIRROR - order[name] for name in ("price", "trigger", "stop", "target") if name in order}
    return {**order, **prices, "side": -order["side"]}


@pytest.mark.parametrize(
    "cost",
    [{"fees__use": "venue"}, {"slippage__use": "fixed", "slippage__fixed__bps": "5"}, {"slippage__use": "spread"},
     {"slippage__use": "volume_share"}],
    ids=lambda given: given.get("fees__use") or given["slippage__use"],
)  # fmt: skip
@QUICK
@given(story=STORIES)
def test_costs_never_raise_the_profit(cost: dict[str, str], story: Story) -> None:
    # Protection moves with a fill and with it what is touched; what is ordered by itself does not.
    story = [(candle, [unprotected(order) for order in asked]) for candle, asked in story]
    one, other = account(free()), account(free(**cost))
    play(one, story)
    play(other, story)

    assert other.kernel.equity() <= one.kernel.equity() + 1e-9
    assert [fill.quantity for fill in one.fills()] == pytest.approx([fill.quantity for fill in other.fills()])


def unprotected(order: Order) -> Order:
    return {name: value for name, value in order.items() if name not in {"stop", "target", "trail"}}


@QUICK
@given(story=STORIES)
def test_null_models_cost_nothing(story: Story) -> None:
    one = account(Models.null())
    play(one, story)
    one.finish()

    assert (one.kernel.fees, one.kernel.funding, one.kernel.slippage) == (0.0, 0.0, 0.0)
    assert all(fill.price == fill.reference for fill in one.fills())


@each_model
@QUICK
@given(story=STORIES)
def test_both_modes_say_the_same(models: Models, story: Story) -> None:
    one, other = account(models), account(models, mode="plain")
    play(one, story)
    play(other, story)

    assert said(one) == said(other)


@each_model
@QUICK
@given(story=STORIES, cut=st.integers(0, 25))
def test_a_run_that_is_cut_and_goes_on_ends_the_same(models: Models, story: Story, cut: int) -> None:
    one, first, second = account(models), account(models), account(models)
    play(one, story)
    play(first, story[:cut])
    before = first.drain(), first.told(), first.fills()
    second.restore(first.state())
    play(second, story[cut:], min(cut, len(story)))

    rest = said(second)
    whole = said(one)
    for k in range(3):
        assert [*before[k], *rest[k]] == whole[k]  # type: ignore[misc]
    assert rest[3:] == whole[3:]


@each_model
@QUICK
@given(story=STORIES)
def test_a_candle_in_one_piece_is_the_candle(models: Models, story: Story) -> None:
    one, other = account(models), account(models)
    play(one, story)
    for at, (candle, asked) in enumerate(story):
        times, rows = np.array([at * MINUTE]), np.array([candle])
        other.kernel.bar_with(0, at * MINUTE, *candle, MINUTE, times, rows)
        for order in asked:
            other.kernel.order(0, **order)

    assert said(one) == said(other)


SIGNALS = st.lists(st.tuples(candles(), st.sampled_from([0, 1, -1, 2])), min_size=1, max_size=60)


@pytest.mark.parametrize("mode", MODES)
@each_model
@QUICK
@given(
    told=SIGNALS, protection=st.sampled_from([(0.0, 0.0), (0.03, 0.0), (0.02, 0.05)]),
    sizing=st.sampled_from([(2.0, 0), (300.0, 1), (1.0, 2)]), data=st.data(),
)  # fmt: skip
def test_the_vectorised_mode_is_the_broker_with_market_orders(
    models: Models, mode: str, told: list[tuple[Candle, int]], protection: tuple[float, float],
    sizing: tuple[float, int], data: st.DataObject,
) -> None:  # fmt: skip
    one, other = account(models, mode), account(models)
    count = len(told)
    columns = [np.array([candle[k] for candle, _ in told]) for k in range(5)]
    want, times, equity = np.array([side for _, side in told], np.int8), MINUTE * np.arange(count), np.zeros(count)
    trips: list[RoundTrip] = []
    cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=3)))
    at = 0
    for end in [*cuts, count]:
        while at < end:
            at = VECTORISED[mode].run(one.kernel, 0, want, times, *columns, *sizing, *protection, 0, at, end, equity)
            trips += one.drain()

    expected, before = [], 0
    for k, (candle, side) in enumerate(told):
        other.kernel.bar(0, int(times[k]), *candle)
        expected.append(other.kernel.equity())
        held = np.sign(other.kernel.position(0))
        if side not in {before, 2, held}:
            other.kernel.cancel_all(0)
            way = side or -int(held)
            stop, target = protection if side else (0.0, 0.0)
            other.kernel.order(
                0, way, sizing[0] if side else 0.0, sizing=sizing[1], flags=2 | 4, stop=stop, target=target
            )
        before = side
    assert trips == other.drain()
    assert equity.tolist() == expected
    assert said(one)[1:] == said(other)[1:]


def test_the_plain_kernel_is_another_one() -> None:
    assert PLAIN.Broker is not broker.Broker
