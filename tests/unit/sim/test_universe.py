import pytest

from tidemark.sim.market import Contract, State
from tidemark.sim.universe import Universe, grid, strangers

START_MS = 1_763_712_000_000


def test_bitcoin_comes_first_on_its_real_grid() -> None:
    first = Universe(1, START_MS).draw()

    assert (first.symbol, first.tick_size, first.price_decimals, first.lot_size) == ("BTCUSDT", 0.1, 1, 0.001)


def test_two_thousand_names_are_all_different_and_plausible() -> None:
    universe = Universe(1, START_MS)
    symbols = [universe.draw().symbol for _ in range(2000)]

    assert len(set(symbols)) == 2000
    assert all(symbol.isascii() and symbol.isalnum() and symbol.isupper() for symbol in symbols)
    assert "1000PEPEUSDT" in symbols


def test_the_same_seed_draws_the_same_markets() -> None:
    one, other, third = Universe(5, START_MS), Universe(5, START_MS), Universe(6, START_MS)
    drawn = [universe.draw() for universe in (one,) for _ in range(100)]

    assert drawn == [other.draw() for _ in range(100)]
    assert drawn != [third.draw() for _ in range(100)]


def test_activity_falls_like_a_power_of_the_rank() -> None:
    universe = Universe(1, START_MS)
    shares = [universe.draw().activity for _ in range(100)]

    assert shares == sorted(shares, reverse=True)
    assert shares[0] / shares[98] == pytest.approx(50**1.1)


@pytest.mark.parametrize("price", [0.00012, 0.0041, 0.139, 1.95, 128.0, 2750.0])
def test_tick_and_lot_fit_the_price_level(price: float) -> None:
    tick, decimals, lot, lot_decimals = grid("XX", price)

    assert 5e3 <= price / tick <= 1e5
    assert round(tick, decimals) == tick
    assert 0.5 <= price * lot <= 8.0
    assert round(lot, lot_decimals) == lot


def test_some_ticks_are_steps_of_five() -> None:
    universe = Universe(1, START_MS)
    leading = {f"{universe.draw().tick_size:e}"[0] for _ in range(200)}

    assert leading == {"1", "5"}


def test_binance_lists_everything_that_an_adapter_must_refuse() -> None:
    rows = {market.symbol: market for market in strangers("binance", START_MS)}

    assert rows["BTCUSDT_261225"].contract is Contract.QUARTERLY
    assert rows["BTCUSDC"].quote == "USDC"
    assert rows["BTCUSD_PERP"].contract is Contract.INVERSE
    assert rows["TSLAUSDT"].contract is Contract.TRADIFI
    assert rows["OMGUSDT"].state is State.SETTLING
    assert not rows["币安人生USDT"].symbol.isascii()
    assert all(market.activity == 0.0 for market in rows.values())


def test_bybit_names_its_strangers_in_its_own_way() -> None:
    rows = {market.symbol: market for market in strangers("bybit", START_MS)}

    assert set(rows) == {"BTC-25DEC26", "BTCPERP", "BTCUSD", "币安人生USDT", "OMGUSDT"}
    assert rows["OMGUSDT"].state is State.PENDING
