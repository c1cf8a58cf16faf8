"""What a backtest is told besides its trades: why an order was refused, made smaller or forgotten; and single fills."""

from enum import StrEnum

import msgspec

from tidemark.model.signal import Side


class Reason(StrEnum):
    """Why. Their order is that of kernels.broker_columns.REASONS.

    NO_MARGIN: there was none left for it. TOO_SMALL: below the least quantity or value. NO_POSITION: there was nothing
    to reduce or to protect. WRONG_PRICE, WRONG_SIZE, WRONG_ORDER: what it said makes no sense. NO_PLACE: as many orders
    wait as may. WOULD_TAKE: it was only to rest, and the price was beyond it. EXPIRED: its life was over. SHRUNK: there
    was margin for a part of it. LIQUIDATED: the position was. LINKED: the other one of the two was filled. UNCHANGED:
    what it was to reach is held already.
    """

    NONE = "none"
    NO_MARGIN = "no_margin"
    TOO_SMALL = "too_small"
    NO_POSITION = "no_position"
    WRONG_PRICE = "wrong_price"
    WRONG_SIZE = "wrong_size"
    NO_PLACE = "no_place"
    WOULD_TAKE = "would_take"
    EXPIRED = "expired"
    SHRUNK = "shrunk"
    LIQUIDATED = "liquidated"
    LINKED = "linked"
    WRONG_ORDER = "wrong_order"
    UNCHANGED = "unchanged"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was told.

    order: its number, 0 for one that was refused at once and for the position itself. at: ns since the epoch, None
    before the first candle. asked, given: base currency, or what the order was sized by. price: 0 where it has none.
    """

    reason: Reason
    order: int
    symbol: str
    at: int | None
    asked: float
    given: float
    price: float


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One fill. order: 0 where the position's own protection, its liquidation or the end of the data did it.

    reference: the price without slippage.
    """

    order: int
    symbol: str
    at: int
    side: Side
    quantity: float
    price: float
    reference: float
    fee: float
    is_maker: bool
