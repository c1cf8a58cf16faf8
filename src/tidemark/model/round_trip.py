"""A position that was opened and closed again, as a backtest or a paper account tells it."""

from enum import StrEnum

import msgspec

from tidemark.model.signal import Side


class Exit(StrEnum):
    """Why a position was closed.

    SIGNAL: the strategy said so. REVERSED: it went to the other side. STOP, TARGET, TRAIL: the order of that kind was
    touched. EXPIRED: its time was over. LIQUIDATED: its margin was used up. END: the data was over.
    """

    SIGNAL = "signal"
    REVERSED = "reversed"
    STOP = "stop"
    TARGET = "target"
    TRAIL = "trail"
    EXPIRED = "expired"
    LIQUIDATED = "liquidated"
    END = "end"


class RoundTrip(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """From the first fill of a position until it was flat again; times ns since the epoch, money in quote currency.

    number: counted from 1 within its run. tag: the rule or the name that the strategy gave, "" where it gave none.
    quantity: the most that was held, base currency, positive. entry_price and exit_price: the means of the fills, by
    quantity, slippage included. fees: paid, positive. funding: paid, negative where it was received. slippage: what
    fills cost against the prices without it. profit: net of all three. risk: what the stop at the entry put at stake,
    None without a stop. best and worst: the furthest that the price went for it and against it while it was held, as
    a fraction of the entry price, best not below 0, worst not above. bars: candles that it was held. regime: the state
    of its market when it was opened, "" where nothing told it.
    """

    number: int
    symbol: str
    tag: str
    side: Side
    quantity: float
    entry_at: int
    entry_price: float
    exit_at: int
    exit_price: float
    exit: Exit
    fees: float
    funding: float
    slippage: float
    profit: float
    risk: float | None
    best: float
    worst: float
    bars: int
    regime: str = ""

    @property
    def r(self) -> float | None:
        """The profit in multiples of what was at stake; None where nothing said what that was."""
        return self.profit / self.risk if self.risk else None
