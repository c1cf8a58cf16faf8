"""What the broker of backtests takes, keeps and gives, by number; see kernels.broker.

Compiled kernels read the same numbers from the `.pxd` beside this, where they cost nothing. A test holds the two to
each other.
"""

# Kinds of orders.
KINDS = ("market", "limit", "stop", "stop_limit", "take_profit", "trailing")
MARKET = 0
LIMIT = 1
STOP = 2
STOP_LIMIT = 3
TAKE_PROFIT = 4
TRAILING = 5
# What the size of an order is: base currency, quote currency at the fill, a share of the equity at the fill.
SIZINGS = ("units", "value", "share")
UNITS = 0
VALUE = 1
SHARE = 2
# Flags of an order.
FLAGS = ("reduce_only", "target", "fraction", "post_only", "close")
REDUCE_ONLY = 1
TO_TARGET = 2
FRACTION = 4
POST_ONLY = 8
CLOSE = 16
# Why a position was closed, in the order of model.round_trip.Exit.
EXITS = ("signal", "reversed", "stop", "target", "trail", "expired", "liquidated", "end")
BY_SIGNAL = 0
BY_REVERSAL = 1
BY_STOP = 2
BY_TARGET = 3
BY_TRAIL = 4
BY_TIME = 5
BY_LIQUIDATION = 6
BY_END = 7
# What is told: why an order was refused, made smaller or forgotten, and what befell the account.
REASONS = (
    "none", "no_margin", "too_small", "no_position", "wrong_price", "wrong_size", "no_place", "would_take", "expired",
    "shrunk", "liquidated", "linked", "wrong_order", "unchanged",
)  # fmt: skip
NO_MARGIN = 1
TOO_SMALL = 2
NO_POSITION = 3
WRONG_PRICE = 4
WRONG_SIZE = 5
NO_PLACE = 6
WOULD_TAKE = 7
EXPIRED = 8
SHRUNK = 9
LIQUIDATED = 10
LINKED = 11
WRONG_ORDER = 12
UNCHANGED = 13

# What holds for a market: rates are fractions; margin: 0 none, 1 isolated, 2 cross. A price is a whole number times
# TICK_MUL / TICK_DIV, which is exact for decimal ticks; TICK_DIV 0: any price. The same for lots.
RULES = (
    "taker", "maker", "tick_mul", "tick_div", "lot_mul", "lot_div", "least_quantity", "least_value", "leverage",
    "margin", "maintenance", "maintenance_amount", "liquidation_fee", "slip_fixed", "slip_distance", "slip_impact",
    "slip_power", "slip_most", "slip_is_clamped", "fill_share", "fill_through", "funding_rate",
)  # fmt: skip
TAKER = 0
MAKER = 1
TICK_MUL = 2
TICK_DIV = 3
LOT_MUL = 4
LOT_DIV = 5
LEAST_QUANTITY = 6
LEAST_VALUE = 7
LEVERAGE = 8
MARGIN_MODE = 9
MAINTENANCE = 10
MAINTENANCE_AMOUNT = 11
LIQUIDATION_FEE = 12
SLIP_FIXED = 13
SLIP_DISTANCE = 14
SLIP_IMPACT = 15
SLIP_POWER = 16
SLIP_MOST = 17
SLIP_IS_CLAMPED = 18
FILL_SHARE = 19
FILL_THROUGH = 20
FUNDING_RATE = 21
# The same in whole numbers: ns until an order is there, ns between fundings at the constant rate (0: as recorded), and
# where the recorded ones of the market stand among those of all.
TIMING = ("latency", "funding_interval", "due_begin", "due_end")
LATENCY = 0
FUNDING_INTERVAL = 1
DUE_BEGIN = 2
DUE_END = 3

# Columns of a market's position, float64. LOW_BOUND, HIGH_BOUND: nothing happens to it strictly between them.
QUANTITY = 0  # signed
ENTRY = 1  # the mean price of what is held
POSTED = 2  # initial margin
ITS_STOP = 3
ITS_TARGET = 4
ITS_TRAIL = 5
ITS_EXTREME = 6
LAST = 7
LAST_HIGH = 8
LAST_LOW = 9
LOW_BOUND = 10
HIGH_BOUND = 11
# Of its round trip so far.
IN_QUANTITY = 12
IN_PRICE = 13
OUT_QUANTITY = 14
OUT_PRICE = 15
REALISED = 16
FEES = 17
FUNDED = 18
SLIPPED = 19
MOST_HELD = 20
BEST = 21
WORST = 22
RISK = 23
POSITION = 24

# The same, int64.
FIRST = 0  # its oldest waiting order, as its place + 1
QUIET_UNTIL = 1
OPENED_AT = 2
BARS_HELD = 3
TAG = 4
UNTIL = 5
TRAILS_BY_FRACTION = 6
NEXT_DUE = 7
CURSOR = 8
WAITING = 9
CLOSING = 10  # an exit that is under way, + 1
ENTERED = 11  # the piece within which it was opened
BORN = 12  # the piece within which its protection came to life
TRIED = 13  # the piece in which no more of it could be closed
WANTED = 14  # of the vectorised mode: what the candle before wanted
TIMES = 15

# Columns of an order, int64 and float64.
ID = 0  # 0 where there is none
OF_MARKET = 1
SIDE = 2
KIND = 3
ITS_FLAGS = 4
SIZING = 5
NEXT = 6  # the next younger one of its market, or the next free place, + 1
ACTIVE_AT = 7
ENDS_AT = 8
ITS_TAG = 9
HELD_UNTIL = 10
REASON = 11
LINK = 12
STATE = 13
DONE = 14  # the piece in which it was filled last
TRIGGERED = 15  # the piece within which it was triggered
ORDER = 16
SIZE = 0
LEFT = 1
PRICE = 2
TRIGGER = 3
DISTANCE = 4
EXTREME = 5
WITH_STOP = 6
WITH_TARGET = 7
WITH_TRAIL = 8
SIZES = 9
# States of an order, or-ed.
IS_TRIGGERED = 1
IS_SIZED = 2
IS_RESTING = 4

# Of the account, float64 and int64.
ACCOUNT = ("cash", "peak", "drawdown", "fees", "funding", "slippage", "turnover", "least")
CASH = 0
PEAK = 1
DRAWDOWN = 2
ALL_FEES = 3
ALL_FUNDING = 4
ALL_SLIPPAGE = 5
TURNOVER = 6
LEAST = 7
CLOCK = ("now", "step", "issued", "free", "piece", "happened", "holding", "trips", "closed", "told", "filled", "fills")
NOW = 0
STEP = 1  # length of a candle
ISSUED = 2  # orders so far
FREE = 3  # the first free place, + 1
PIECE_NUMBER = 4
HAPPENED = 5
HOLDING = 6  # positions that are held
TRIPS = 7  # round trips so far
CLOSED = 8  # rows that wait to be taken: of trips, of what is told, of fills
TOLD = 9
FILLED = 10
FILLS = 11  # fills so far

# Columns of what is given.
TRIP = ("quantity", "entry_price", "exit_price", "fees", "funding", "slippage", "profit", "risk", "best", "worst")
TRIP_TIMES = ("number", "market", "side", "tag", "entry_at", "exit_at", "exit", "bars")
TOLD_SIZES = ("asked", "given", "price")
TOLD_TIMES = ("reason", "order", "market", "at")
FILL_SIZES = ("quantity", "price", "reference", "fee")
FILL_TIMES = ("order", "market", "at", "side", "is_maker")

NEVER = 1 << 62
MILLISECOND = 1_000_000
INF = 1e300
# Quantities of which so little is left are the rounding of doubles.
DUST = 1e-12
# A lot more or less by so much of itself is one.
NEARLY = 1e-9
# Of a share of the equity, what fees and slippage take of it is not worth a word.
WORTH_TELLING = 0.99
NOTHING = 2
NO_ORDER = -1
