"""nautilus_trader: the cross of two means as a strategy over its engine, filled at the close that it is decided on."""

import sys
from decimal import Decimal

import nautilus_trader
import numpy as np
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Currency, Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

from benchmarks.peers.loop import serve

_VENUE = Venue("BYBIT")
_ID = InstrumentId(Symbol("BTCUSDT-LINEAR"), _VENUE)
_TYPE = BarType.from_str(f"{_ID}-1-MINUTE-LAST-EXTERNAL")


class Cross(Strategy):  # type: ignore[misc]
    """Long while the faster mean is above the slower one."""

    def on_start(self) -> None:
        self.fast, self.slow = SimpleMovingAverage(20), SimpleMovingAverage(100)
        self.register_indicator_for_bars(_TYPE, self.fast)
        self.register_indicator_for_bars(_TYPE, self.slow)
        self.subscribe_bars(_TYPE)

    def on_bar(self, _bar: Bar) -> None:
        if not self.indicators_initialized():
            return
        if self.fast.value > self.slow.value:
            if self.portfolio.is_flat(_ID):
                self.submit_order(self.order_factory.market(_ID, OrderSide.BUY, Quantity.from_str("1.000")))
        elif not self.portfolio.is_flat(_ID):
            self.close_all_positions(_ID)

    def on_stop(self) -> None:
        self.close_all_positions(_ID)


def instrument() -> CryptoPerpetual:
    """A perpetual of six decimals with a taker's fee of 0.05 %."""
    return CryptoPerpetual(
        instrument_id=_ID, raw_symbol=Symbol("BTCUSDT"), base_currency=Currency.from_str("BTC"), quote_currency=USDT,
        settlement_currency=USDT, is_inverse=False, price_precision=6, size_precision=3,
        price_increment=Price.from_str("0.000001"), size_increment=Quantity.from_str("0.001"), margin_init=Decimal(0),
        margin_maint=Decimal(0), maker_fee=Decimal("0.0005"), taker_fee=Decimal("0.0005"), ts_event=0, ts_init=0,
    )  # fmt: skip


def main(path: str) -> None:
    """Serve repetitions over the candles in *path*."""
    rows = np.load(path)
    step = int(rows[0, 1] - rows[0, 0])
    bars = [
        Bar(
            _TYPE, Price(opened, 6), Price(high, 6), Price(low, 6), Price(close, 6), Quantity(volume, 3),
            int(time) + step, int(time) + step,
        )
        for time, opened, high, low, close, volume in rows.T.tolist()
    ]  # fmt: skip
    count = [0]

    def work() -> None:
        engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
        engine.add_venue(
            venue=_VENUE, oms_type=OmsType.NETTING, account_type=AccountType.MARGIN, base_currency=USDT,
            starting_balances=[Money(1_000_000, USDT)],
        )  # fmt: skip
        engine.add_instrument(instrument())
        engine.add_data(bars)
        engine.add_strategy(Cross())
        engine.run()
        count[0] = len(engine.cache.position_snapshots()) + engine.cache.positions_closed_count()
        engine.dispose()

    serve(nautilus_trader.__version__, lambda: (work, lambda: count[0]))


if __name__ == "__main__":
    main(sys.argv[1])
