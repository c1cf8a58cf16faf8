"""What the kernels of structure take, keep of a series, and give, by number; see analysis.wyckoff.

Compiled kernels read the same numbers from the `.pxd` beside this, where they cost nothing. A test holds the two to
each other.
"""

# Kinds of events, of either direction; analysis.wyckoff.events has their names.
PRELIMINARY, CLIMAX, REACTION, SECONDARY_TEST, SHAKEOUT, SPRING, TEST, SIGN, LAST_POINT, BACKUP = range(10)
KINDS = 10
# What is given besides events: a range begins, ends, and goes into a phase; an event that was given has changed.
BEGINS, ENDS, PHASE_CHANGE, REVISED = range(10, 14)
# Why a range ends.
END_LEFT, END_FAILED, END_SHAPELESS, END_TOO_LONG, END_DISPLACED = range(5)

# Why a range goes into a phase.
(
    WHY_STOPPED, WHY_STOPPED_ANEW, WHY_TESTED, WHY_SWUNG, WHY_SPRUNG, WHY_HELD_EARLY, WHY_SPRING_TESTED,
    WHY_EARLY_SIGNED, WHY_SIGNED, WHY_LEFT, WHY_SIGN_FAILED, WHY_BREAK_FAILED, WHY_PULLED_BACK, WHY_FAR,
) = range(14)  # fmt: skip
WHYS = 14

# Columns of an event that is given.
EVENT = 9  # series, kind, direction, at, confirmed, range, whether it takes one back, phase, entry of the batch
MOST_VALUES = 12
VALUES = 14  # level, what its rules read, and the log-odds that it is what it seems
LOG_ODDS = 13
# Rules of a kind, at most: which value, 1 at least or -1 at most, threshold, whether it is required.
MOST_RULES = 8
RULE = 4
# Of a kind: the least log-odds, the constant, then of each value its middle, its scale (0 for none), the weight of its
# distance from the middle in scales, cut at 3, and that of the square.
ODDS = 50
# More events than these are never given by one bar.
MOST_EVENTS = 32
# How a range may be seen from one bar; the likelihoods of phases are told for each.
SEEN = 15
PHASES = 5

# What may be set, in the order of PARAMETERS.
(
    TURN_ATR, FINE_TURN_ATR, TREND_ATR, TREND_BARS, CLIMAX_VOLUME, CLIMAX_SPREAD, REACTION_ATR, REACTION_BARS,
    TEST_BARS, TEST_HEIGHT, UNDERCUT, BEYOND, RECOVER_BARS, HOLD_BARS, HOLD_DEPTH, SHAKEOUT_VOLUME, SHAKEOUT_SPREAD,
    CAUSE_BARS, TOUCH, TEST_FROM, TEST_UNTIL, PULLBACK_LOW, PULLBACK_BARS, FAIL_DEPTH, LONGEST, CONTAINED, NARROWEST,
    WIDEST, COMPRESSION_BARS, COMPRESSION_SPREAD, LEAVE_BARS, LEAVE_WIDTHS, PRELIMINARY_VOLUME, PRELIMINARY_BARS,
    LIKELY_VOLUME, LIKELY_SPREAD, PULL_KEPT, PULL_CLIMAX, PULL_SPRING, PULL_SIGN,
) = range(40)  # fmt: skip
PARAMETERS = (
    "turn_atr", "fine_turn_atr", "trend_atr", "trend_bars", "climax_volume", "climax_spread", "reaction_atr",
    "reaction_bars", "test_bars", "test_height", "undercut", "beyond", "recover_bars", "hold_bars", "hold_depth",
    "shakeout_volume", "shakeout_spread", "cause_bars", "touch", "test_from", "test_until", "pullback_low",
    "pullback_bars", "fail_depth", "longest", "contained", "narrowest", "widest", "compression_bars",
    "compression_spread", "leave_bars", "leave_widths", "preliminary_volume", "preliminary_bars", "likely_volume",
    "likely_spread", "pull_kept", "pull_climax", "pull_spring", "pull_sign",
)  # fmt: skip

# Columns of the state of a series; "+ side" means: first of the lower side, then of the upper one, whose prices are
# negated.
COUNT = 0
LAST_VOLUME = 1
RANGES_MADE = 2
BLOCK = 3  # number of the newest block of extremes
EXTREMES = 4  # highs by blocks of bars, and behind them lows
BLOCKS = 10
BLOCK_BARS = 8
COARSE = 24  # zig-zags: one of the turns that make a range, one of those within its legs
FINE = 81
CANDIDATES = 138  # a climax that waits for its range, + side
CANDIDATE = 20
RANGES = 178
MOST_RANGES = 4
RANGE = 80
PULL = 498  # what its events speak for, the newest most
WIDTH = 499

# Columns of a zig-zag.
LEG = 0  # 1 while highs are made, -1 while lows are, 0 before the first turn
TIP = 1  # the extreme of the leg: price, bar, volume of that bar, and with its neighbours
TIP_AT = 2
TIP_OWN = 3
TIP_VOLUME = 4
TIP_BARS = 5
FOOT = 6  # before the first turn: the lowest low
TURNS = 7
PIVOTS = 9
PIVOT = 4  # price, bar, mean volume of the three bars around it, its own volume
KEPT_PIVOTS = 12
P_AT = 1
P_MEAN = 2
P_OWN = 3

# Columns of a candidate; prices as its side sees them.
STAGE = 0  # 0 none, 1 a climax, 2 with its reaction
AT = 1
LOW = 2
VOLUME = 3
SPREAD = 4
POSITION = 5
TREND = 6
ATR_THEN = 7
REACTION_AT = 8
REACTION_HIGH = 9
REACTION_VOLUME = 10
PRELIMINARY_AT = 11
PRELIMINARY_LOW = 12
PRELIMINARY_RATIO = 13
PRELIMINARY_BOUNCE = 14
PRELIMINARY_FURTHER = 15
PRELIMINARY_MEAN = 16
FIRST_LOW = 17  # before later bars went lower
LOWERED_AT = 18  # -1 where none did
REPLACED_AT = 19  # the climax whose place it took, -1 without one

# Columns of a range.
ID = 0  # 0 where there is none
ORIGIN = 1  # 1 of a selling climax, -1 of a buying one, 0 of compression
BEGIN = 2
LOWER = 3
UPPER = 4
INSIDE = 6
SUMMED = 7
VOLUME_SUM = 8
VOLUME_TIME = 9
CLIMAX_RATIO = 10
TOUCHES = 11  # + side
LAST_TOUCH = 13
ALTERNATIONS = 14
PHASE = 15
PHASE_FROM = 16
BROKEN = 17  # 1 above, -1 below, 0 not
BREAK_AT = 18
HAS_SIGN = 20
PEAK = 21  # as the side that was left sees it
PULLBACKS = 22
PULLBACK_AT = 23
LEFT_AT = 24
TESTS = 25
ATR_BEGIN = 26
SIGN_VOLUME = 28
SEEN_AS = 29
LIKELY = 31  # of each phase
SIDES = 36
SIDE = 22
# Columns of a side of a range; prices as it sees them.
IS_BEYOND = 0
BEYOND_AT = 1
BEYOND_LOW = 2
BEYOND_LOW_AT = 3
BEYOND_VOLUME = 4
BEYOND_SPREAD = 5
BEYOND_CLOSES = 6
STRONG_AT = 7
STRONG = 8
STRONG_VOLUME = 9
STRONG_SPREAD = 10
STRONG_CLOSE = 11
SPRING_AT = 12
SPRING_LOW = 13
SPRING_VOLUME = 14
IS_TESTED = 15
LOW_AT = 16  # the newest pivot within
LOW_PRICE = 17
LOW_VOLUME = 18
BEYOND_OWN = 19
LOW_FROM = 20  # where the leg to it began
