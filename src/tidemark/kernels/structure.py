# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Trading ranges, and what happens at their bounds, of all series, a closed bar after the other; see analysis.wyckoff.

Prices are natural logarithms. Nothing here knows up from down: whatever is done at the lower bound is done at the upper
one with all prices negated, so that a mirrored market has the mirrored structure, to the last bit.

A bar is taken once and never looked at again: what is known of the past is in the state. A pivot is known when the
price has turned from it by so many average ranges; an event when what confirms it has closed. So no later bar changes
what an earlier one gave.

Nothing is checked here: whoever calls validates the rows, and passes C-contiguous arrays.
"""

import cython
import numpy as np

# Kinds of events, of either direction; analysis.wyckoff.names has their names.
PRELIMINARY = 0
CLIMAX = 1
REACTION = 2
SECONDARY_TEST = 3
SHAKEOUT = 4
SPRING = 5
TEST = 6
SIGN = 7
LAST_POINT = 8
BACKUP = 9
KINDS = 10

# Columns of an event that is given.
EVENT = 9  # series, kind, direction, at, confirmed, range, whether it takes one back, phase, entry of the batch
MOST_VALUES = 12
VALUES = 14  # level, what its rules read, and the log-odds that it is what it seems
_MOST_VALUES = cython.declare(cython.int, 12)
_ODDS = cython.declare(cython.int, 13)
# Rules of a kind, at most: which value, 1 at least or -1 at most, threshold, whether it is required.
MOST_RULES = 8
RULE = 4
# Of a kind: the least log-odds, the constant, then of each value its middle, its scale (0 for none), the weight of its
# distance from the middle in scales, cut at 3, and that of the square.
ODDS = 50
# More events than these are never given by one bar.
MOST_EVENTS = 24

# What may be set, in the order of PARAMETERS.
PARAMETERS = (
    "turn_atr", "fine_turn_atr", "trend_atr", "trend_bars", "climax_volume", "climax_spread", "reaction_atr",
    "reaction_bars", "test_bars", "test_height", "undercut", "beyond", "recover_bars", "hold_bars", "hold_depth",
    "shakeout_volume", "shakeout_spread", "cause_bars", "touch", "test_from", "test_until", "pullback_low",
    "pullback_bars", "fail_depth", "longest", "contained", "narrowest", "widest", "compression_bars",
    "compression_spread", "leave_bars", "leave_widths", "preliminary_volume", "preliminary_bars", "backup_high",
    "likely_volume", "likely_spread", "pull_kept", "pull_climax", "pull_spring", "pull_sign",
)  # fmt: skip
TURN_ATR = cython.declare(cython.int, 0)
FINE_TURN_ATR = cython.declare(cython.int, 1)
TREND_ATR = cython.declare(cython.int, 2)
TREND_BARS = cython.declare(cython.int, 3)
CLIMAX_VOLUME = cython.declare(cython.int, 4)
CLIMAX_SPREAD = cython.declare(cython.int, 5)
REACTION_ATR = cython.declare(cython.int, 6)
REACTION_BARS = cython.declare(cython.int, 7)
TEST_BARS = cython.declare(cython.int, 8)
TEST_HEIGHT = cython.declare(cython.int, 9)
UNDERCUT = cython.declare(cython.int, 10)
BEYOND = cython.declare(cython.int, 11)
RECOVER_BARS = cython.declare(cython.int, 12)
HOLD_BARS = cython.declare(cython.int, 13)
HOLD_DEPTH = cython.declare(cython.int, 14)
SHAKEOUT_VOLUME = cython.declare(cython.int, 15)
SHAKEOUT_SPREAD = cython.declare(cython.int, 16)
CAUSE_BARS = cython.declare(cython.int, 17)
TOUCH = cython.declare(cython.int, 18)
TEST_FROM = cython.declare(cython.int, 19)
TEST_UNTIL = cython.declare(cython.int, 20)
PULLBACK_LOW = cython.declare(cython.int, 21)
PULLBACK_BARS = cython.declare(cython.int, 22)
FAIL_DEPTH = cython.declare(cython.int, 23)
LONGEST = cython.declare(cython.int, 24)
CONTAINED = cython.declare(cython.int, 25)
NARROWEST = cython.declare(cython.int, 26)
WIDEST = cython.declare(cython.int, 27)
COMPRESSION_BARS = cython.declare(cython.int, 28)
COMPRESSION_SPREAD = cython.declare(cython.int, 29)
LEAVE_BARS = cython.declare(cython.int, 30)
LEAVE_WIDTHS = cython.declare(cython.int, 31)
PRELIMINARY_VOLUME = cython.declare(cython.int, 32)
PRELIMINARY_BARS = cython.declare(cython.int, 33)
BACKUP_HIGH = cython.declare(cython.int, 34)
LIKELY_VOLUME = cython.declare(cython.int, 35)
LIKELY_SPREAD = cython.declare(cython.int, 36)
PULL_KEPT = cython.declare(cython.int, 37)
PULL_CLIMAX = cython.declare(cython.int, 38)
PULL_SPRING = cython.declare(cython.int, 39)
PULL_SIGN = cython.declare(cython.int, 40)

# Columns of the state of a series, float64; "+ side" means: first of the lower side, then of the upper one, whose
# prices are negated.
COUNT = cython.declare(cython.int, 0)
LAST_VOLUME = cython.declare(cython.int, 1)
RANGES_MADE = cython.declare(cython.int, 2)
BLOCK = cython.declare(cython.int, 3)  # number of the newest block of extremes
EXTREMES = cython.declare(cython.int, 4)  # highs by blocks of bars, and behind them lows
BLOCKS = cython.declare(cython.int, 10)
BLOCK_BARS = cython.declare(cython.int, 8)
COARSE = cython.declare(cython.int, 24)  # zig-zags: one of the turns that make a range, one of those within its legs
FINE = cython.declare(cython.int, 81)
CANDIDATES = cython.declare(cython.int, 138)  # a climax that waits for its range, + side
CANDIDATE = cython.declare(cython.int, 20)
RANGES = cython.declare(cython.int, 178)
MOST_RANGES = 4
_MOST_RANGES = cython.declare(cython.int, 4)
RANGE = 80
_RANGE = cython.declare(cython.int, 80)
PULL = cython.declare(cython.int, 498)  # what its events speak for, the newest most
WIDTH = 499
_WIDTH = cython.declare(cython.int, 499)

# Columns of a zig-zag.
LEG = cython.declare(cython.int, 0)  # 1 while highs are made, -1 while lows are, 0 before the first turn
TIP = cython.declare(cython.int, 1)  # the extreme of the leg: price, bar, volume of that bar, and with its neighbours
TIP_AT = cython.declare(cython.int, 2)
TIP_OWN = cython.declare(cython.int, 3)
TIP_VOLUME = cython.declare(cython.int, 4)
TIP_BARS = cython.declare(cython.int, 5)
FOOT = cython.declare(cython.int, 6)  # before the first turn: the lowest low
TURNS = cython.declare(cython.int, 7)
PIVOTS = cython.declare(cython.int, 9)
PIVOT = cython.declare(cython.int, 4)  # price, bar, mean volume of the three bars around it, its own volume
KEPT_PIVOTS = cython.declare(cython.int, 12)
P_AT = cython.declare(cython.int, 1)
P_MEAN = cython.declare(cython.int, 2)
P_OWN = cython.declare(cython.int, 3)

# Columns of a candidate; prices as its side sees them.
STAGE = cython.declare(cython.int, 0)  # 0 none, 1 a climax, 2 with its reaction
AT = cython.declare(cython.int, 1)
LOW = cython.declare(cython.int, 2)
VOLUME = cython.declare(cython.int, 3)
SPREAD = cython.declare(cython.int, 4)
POSITION = cython.declare(cython.int, 5)
TREND = cython.declare(cython.int, 6)
ATR_THEN = cython.declare(cython.int, 7)
REACTION_AT = cython.declare(cython.int, 8)
REACTION_HIGH = cython.declare(cython.int, 9)
REACTION_VOLUME = cython.declare(cython.int, 10)
PRELIMINARY_AT = cython.declare(cython.int, 11)
PRELIMINARY_LOW = cython.declare(cython.int, 12)
PRELIMINARY_RATIO = cython.declare(cython.int, 13)
PRELIMINARY_BOUNCE = cython.declare(cython.int, 14)
PRELIMINARY_FURTHER = cython.declare(cython.int, 15)
PRELIMINARY_MEAN = cython.declare(cython.int, 16)

# Columns of a range.
ID = cython.declare(cython.int, 0)  # 0 where there is none
ORIGIN = cython.declare(cython.int, 1)  # 1 of a selling climax, -1 of a buying one, 0 of compression
BEGIN = cython.declare(cython.int, 2)
LOWER = cython.declare(cython.int, 3)
UPPER = cython.declare(cython.int, 4)
INSIDE = cython.declare(cython.int, 6)
SUMMED = cython.declare(cython.int, 7)
VOLUME_SUM = cython.declare(cython.int, 8)
VOLUME_TIME = cython.declare(cython.int, 9)
CLIMAX_RATIO = cython.declare(cython.int, 10)
TOUCHES = cython.declare(cython.int, 11)  # + side
LAST_TOUCH = cython.declare(cython.int, 13)
ALTERNATIONS = cython.declare(cython.int, 14)
PHASE = cython.declare(cython.int, 15)
PHASE_FROM = cython.declare(cython.int, 16)
BROKEN = cython.declare(cython.int, 17)  # 1 above, -1 below, 0 not
BREAK_AT = cython.declare(cython.int, 18)
BREAK_KNOWN = cython.declare(cython.int, 19)
HAS_SIGN = cython.declare(cython.int, 20)
PEAK = cython.declare(cython.int, 21)  # as the side that was left sees it
PULLBACKS = cython.declare(cython.int, 22)
PULLBACK_AT = cython.declare(cython.int, 23)
LEFT_AT = cython.declare(cython.int, 24)
TESTS = cython.declare(cython.int, 25)
ATR_BEGIN = cython.declare(cython.int, 26)
SIGN_VOLUME = cython.declare(cython.int, 28)
SEEN_AS = cython.declare(cython.int, 29)
LIKELY = cython.declare(cython.int, 31)  # of each phase
SIDES = cython.declare(cython.int, 36)
SIDE = cython.declare(cython.int, 22)
# Columns of a side of a range; prices as it sees them.
IS_BEYOND = cython.declare(cython.int, 0)
BEYOND_AT = cython.declare(cython.int, 1)
BEYOND_LOW = cython.declare(cython.int, 2)
BEYOND_LOW_AT = cython.declare(cython.int, 3)
BEYOND_VOLUME = cython.declare(cython.int, 4)
BEYOND_SPREAD = cython.declare(cython.int, 5)
BEYOND_CLOSES = cython.declare(cython.int, 6)
STRONG_AT = cython.declare(cython.int, 7)
STRONG = cython.declare(cython.int, 8)
STRONG_VOLUME = cython.declare(cython.int, 9)
STRONG_SPREAD = cython.declare(cython.int, 10)
STRONG_CLOSE = cython.declare(cython.int, 11)
SPRING_AT = cython.declare(cython.int, 12)
SPRING_LOW = cython.declare(cython.int, 13)
SPRING_VOLUME = cython.declare(cython.int, 14)
IS_TESTED = cython.declare(cython.int, 15)
LOW_AT = cython.declare(cython.int, 16)  # the newest pivot within
LOW_PRICE = cython.declare(cython.int, 17)
LOW_VOLUME = cython.declare(cython.int, 18)
BEYOND_OWN = cython.declare(cython.int, 19)
LOW_FROM = cython.declare(cython.int, 20)  # where the leg to it began

# How a range may be seen from one bar; the likelihoods of phases are told for each.
SEEN = 15
_PHASES = cython.declare(cython.int, 5)
INF = cython.declare(cython.double, 1e300)
PHASES = 5

# What is given besides events: a range begins, ends, and goes into a phase.
BEGINS = 10
ENDS = 11
PHASE_CHANGE = 12
# Why a range ends.
END_LEFT = 0
END_FAILED = 1
END_SHAPELESS = 2
END_TOO_LONG = 3
END_DISPLACED = 4


# What is told of a live range.
STANDING = (
    "id", "origin", "begin", "lower", "upper", "bars", "inside", "volume_sum", "volume_time", "touches_lower",
    "touches_upper", "alternations", "phase", "phase_from", "broken", "break_at", "has_sign", "pullbacks",
    "pullback_at", "tests", "atr", "a", "b", "c", "d", "e",
)  # fmt: skip


def _begin_of(told: tuple) -> float:
    begin: float = told[2]
    return begin


@cython.cclass
class Structures:
    """The structure of all series over arrays that others own, and the numbers by which it is read.

    kept: float32 (series, WIDTH), zeroed before the first bar, so that bars are counted to 16 million. parameters:
    (len(PARAMETERS),). rules: (KINDS, MOST_RULES, RULE), counts (KINDS,), odds (KINDS, ODDS): an event is given when
    all its required rules hold and its log-odds are not below the least. likely: (PHASES + SEEN, PHASES): how likely
    each phase is followed by each within a bar, and below it how likely a range is seen so in each phase; all 0 where
    nothing was measured. events: int64 (n, EVENT) and values float64 (n, VALUES) receive what is given; n is at least
    MOST_EVENTS.
    """

    kept: cython.float[:, ::1]
    state: cython.double[:, ::1]
    p: cython.double[::1]
    rules: cython.double[:, :, ::1]
    counts: cython.int[::1]
    odds: cython.double[:, ::1]
    likely: cython.double[:, ::1]
    moved: cython.double[::1]
    events: cython.longlong[:, ::1]
    values: cython.double[:, ::1]
    given: cython.Py_ssize_t
    slot: cython.int
    r: cython.int
    entry: cython.Py_ssize_t
    n: cython.double
    high: cython.double
    low: cython.double
    close: cython.double
    volume: cython.double
    spread: cython.double
    atr: cython.double
    turned: cython.int
    nodded: cython.int

    def __init__(
        self, kept: cython.float[:, ::1], parameters: cython.double[::1], rules: cython.double[:, :, ::1],
        counts: cython.int[::1], odds: cython.double[:, ::1], likely: cython.double[:, ::1],
        events: cython.longlong[:, ::1], values: cython.double[:, ::1],
    ) -> None:  # fmt: skip
        self.kept = kept
        # The series at hand, as all of it is reckoned with: kept is half as large.
        self.state = np.zeros((1, WIDTH))
        self.p = parameters
        self.rules = rules
        self.counts = counts
        self.odds = odds
        self.likely = likely
        self.moved = np.zeros(PHASES)
        self.events = events
        self.values = values
        self.given = 0
        self.slot = 0
        self.r = 0
        self.entry = 0
        self.turned = 0
        self.nodded = 0

    def take(
        self, rows: cython.int[::1], high: cython.double[::1], low: cython.double[::1], close: cython.double[::1],
        features: cython.double[:, ::1], begin: cython.Py_ssize_t, seen: cython.int[:, ::1],
        pull: cython.double[::1], bars: cython.int[::1],
    ) -> tuple:  # fmt: skip
        """Take entries from *begin* on, until there is no room for what one bar may give.

        Entry i is the next closed bar of the series rows[i]; prices in logarithms, which float32 holds, since ties
        count; features as of kernels.bar_features.
        seen (n, 4) gets the newest range of each bar, as known at its close: its id (0 none), phase (1 to 5), how it
        was seen, and its direction; pull (n,) in [-1, 1] what the events of the last bars speak for;
        bars (n,) how many the series had. Gives how many entries were taken to, and how many events were given.
        """
        i: cython.Py_ssize_t
        k: cython.int
        base: cython.int
        self.given = 0
        for i in range(begin, rows.shape[0]):
            if self.given + MOST_EVENTS > self.events.shape[0]:
                return i, self.given
            self.slot = rows[i]
            self.entry = i
            self._load(self.slot)
            self.high = high[i]
            self.low = low[i]
            self.close = close[i]
            self.volume = features[i, 0]
            self.spread = features[i, 2]
            self.atr = features[i, 4]
            self._bar()
            self._store(self.slot)
            pull[i] = self.state[self.r, PULL]
            bars[i] = cython.cast(cython.int, self.state[self.r, COUNT])
            seen[i, 0] = 0
            seen[i, 1] = 0
            seen[i, 2] = 0
            seen[i, 3] = 0
            best: cython.double = -1.0
            for k in range(_MOST_RANGES):
                base = RANGES + k * _RANGE
                if self.state[self.r, base + ID] > 0:
                    rank: cython.double = self.state[self.r, base + BEGIN]
                    if self.state[self.r, base + ORIGIN] != 0:
                        rank += 1e12
                    if rank > best:
                        best = rank
                        seen[i, 0] = cython.cast(cython.int, self.state[self.r, base + ID])
                        seen[i, 1] = self._likeliest(base)
                        seen[i, 2] = cython.cast(cython.int, self.state[self.r, base + SEEN_AS])
                        seen[i, 3] = cython.cast(cython.int, self.state[self.r, base + BROKEN])
            if best < 0 and (self._is_likely(CANDIDATES) or self._is_likely(CANDIDATES + CANDIDATE)):
                seen[i, 1] = 1
        return rows.shape[0], self.given

    def standing(self, slot: cython.int) -> tuple:
        """How many bars the series had, and its live ranges, the newest last, as tuples in the order of STANDING.

        Bars are counted from the first of the series; prices are logarithms; likelihoods 0 where none were measured.
        """
        k: cython.int
        r: cython.int = 0
        found: list = []
        self._load(slot)
        for k in range(_MOST_RANGES):
            base: cython.int = RANGES + k * _RANGE
            if self.state[r, base + ID] == 0:
                continue
            columns: tuple = (
                ID, ORIGIN, BEGIN, LOWER, UPPER, SUMMED, INSIDE, VOLUME_SUM, VOLUME_TIME, TOUCHES, TOUCHES + 1,
                ALTERNATIONS, PHASE, PHASE_FROM, BROKEN, BREAK_AT, HAS_SIGN, PULLBACKS, PULLBACK_AT, TESTS, ATR_BEGIN,
                LIKELY, LIKELY + 1, LIKELY + 2, LIKELY + 3, LIKELY + 4,
            )  # fmt: skip
            told: list = [self.state[r, base + one] for one in columns]
            told[12] = float(self._likeliest(base))
            found.append(tuple(told))
        found.sort(key=_begin_of)
        return int(self.state[r, COUNT]), found

    def count(self, slot: cython.int) -> int:
        """How many bars the series had."""
        return int(self.kept[slot, COUNT])

    def summary(self, out: cython.int[:, ::1]) -> None:
        """Fill out (series, 2): bars that each series had, and how many live ranges it has."""
        k: cython.int
        r: cython.int
        for r in range(out.shape[0]):
            out[r, 0] = cython.cast(cython.int, self.kept[r, COUNT])
            out[r, 1] = 0
            for k in range(_MOST_RANGES):
                if self.kept[r, RANGES + k * _RANGE + ID] > 0:
                    out[r, 1] += 1

    def candidates(self, slot: cython.int) -> list:
        """Climaxes that wait for their range: direction, stage (1, or 2 with its reaction), bar, low, high so far."""
        found: list = []
        r: cython.int = 0
        self._load(slot)
        for side in (1, -1):
            base: cython.int = CANDIDATES + (0 if side > 0 else CANDIDATE)
            if self.state[r, base + STAGE] > 0:
                found.append((
                    side, int(self.state[r, base + STAGE]), int(self.state[r, base + AT]),
                    self.state[r, base + LOW] * side, self.state[r, base + REACTION_HIGH] * side,
                ))  # fmt: skip
        return found

    @cython.cfunc
    @cython.exceptval(check=False)
    def _load(self, slot: cython.int) -> cython.void:
        k: cython.int
        if not cython.compiled:
            self.state[0] = self.kept[slot]
            return
        for k in range(_WIDTH):
            self.state[0, k] = self.kept[slot, k]

    @cython.cfunc
    @cython.exceptval(check=False)
    def _store(self, slot: cython.int) -> cython.void:
        k: cython.int
        if not cython.compiled:
            self.kept[slot] = self.state[0]
            return
        for k in range(_WIDTH):
            self.kept[slot, k] = cython.cast(cython.float, self.state[0, k])

    @cython.cfunc
    @cython.exceptval(check=False)
    def _weigh(self, base: cython.int) -> cython.void:
        """Move the likelihoods of the phases by how the range is seen from this bar: a filter forward in time.

        Source: L. Rabiner, A Tutorial on Hidden Markov Models (1989), the forward variable, scaled.
        """
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        k: cython.int
        j: cython.int
        how: cython.int = self._view(base)
        state[r, base + SEEN_AS] = how
        if self.likely[0, 0] == 0:
            return
        moved: cython.double[::1] = self.moved
        total: cython.double = 0.0
        for k in range(_PHASES):
            moved[k] = 0.0
            for j in range(_PHASES):
                moved[k] += state[r, base + LIKELY + j] * self.likely[j, k]
            moved[k] *= self.likely[_PHASES + how, k]
            total += moved[k]
        for k in range(_PHASES):
            state[r, base + LIKELY + k] = moved[k] / total

    @cython.cfunc
    @cython.exceptval(check=False)
    def _likeliest(self, base: cython.int) -> cython.int:
        """The phase that is likeliest, or the one of the events where no likelihoods were measured."""
        k: cython.int
        best: cython.int = 0
        if self.likely[0, 0] == 0:
            return cython.cast(cython.int, self.state[self.r, base + PHASE])
        for k in range(1, _PHASES):
            if self.state[self.r, base + LIKELY + k] > self.state[self.r, base + LIKELY + best]:
                best = k
        return best + 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _view(self, base: cython.int) -> cython.int:
        """How the range is seen from this bar: one of SEEN ways."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        lower: cython.double = state[r, base + LOWER]
        width: cython.double = state[r, base + UPPER] - lower
        place: cython.double = (self.close - lower) / width
        broken: cython.int = cython.cast(cython.int, state[r, base + BROKEN])
        if broken != 0:
            place = place - 1.0 if broken > 0 else -place
            pullbacks: cython.double = state[r, base + PULLBACKS]
            if pullbacks == 0:
                return 10 if place < 0.25 else 11
            if pullbacks == 1:
                return 12 if place < 0.3 else 13
            return 14
        below: cython.int = base + SIDES
        above: cython.int = base + SIDES + SIDE
        # The newer of the springs of both sides; of a bar that was one on both, that of the side where it closed.
        apart: cython.double = state[r, below + SPRING_AT] - state[r, above + SPRING_AT]
        own: cython.int = below if apart > 0 or (apart == 0 and place < 0.5) else above
        if state[r, own + SPRING_AT] >= 0:
            place = place if own == below else 1.0 - place
            if place < 0:
                return 6
            third: cython.int = 0 if place < 0.33 else (1 if place < 0.67 else 2)
            return (7 if state[r, own + IS_TESTED] != 0 else 3) + third
        far: cython.double = place - 0.5 if place > 0.5 else 0.5 - place
        return 0 if far < 0.33 else (1 if far <= 0.5 else 2)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _is_likely(self, base: cython.int) -> cython.bint:
        """Whether a climax waits for its test that is so clear that phase A may be read before it comes."""
        return (
            self.state[self.r, base + STAGE] > 0
            and self.state[self.r, base + VOLUME] >= self.p[LIKELY_VOLUME]
            and self.state[self.r, base + SPREAD] >= self.p[LIKELY_SPREAD]
        )

    @cython.cfunc
    @cython.exceptval(check=False)
    def _bar(self) -> cython.void:
        k: cython.int
        r: cython.int = self.r
        self.n = self.state[r, COUNT]
        self.state[r, PULL] *= self.p[PULL_KEPT]
        self.turned = self._turn(COARSE, self.p[TURN_ATR] * self.atr) if self.atr > 0 else 0
        self.nodded = self._turn(FINE, self.p[FINE_TURN_ATR] * self.atr) if self.atr > 0 else 0
        if self.n >= 2 * BLOCK_BARS and self.atr > 0:
            self._candidate(1)
            self._candidate(-1)
            for k in range(_MOST_RANGES):
                if self.state[r, RANGES + k * _RANGE + ID] > 0:
                    self._range(RANGES + k * _RANGE)
                if self.state[r, RANGES + k * _RANGE + ID] > 0:
                    self._weigh(RANGES + k * _RANGE)
            if self.turned != 0:
                self._compression()
        self._remember()
        self.state[r, COUNT] = self.n + 1
        self.state[r, LAST_VOLUME] = self.volume

    @cython.cfunc
    @cython.exceptval(check=False)
    def _remember(self) -> cython.void:
        """Take the bar into the extremes by blocks."""
        r: cython.int = self.r
        number: cython.longlong = cython.cast(cython.longlong, self.n) // BLOCK_BARS
        column: cython.int = EXTREMES + cython.cast(cython.int, number % BLOCKS)
        if self.n == 0 or number != cython.cast(cython.longlong, self.state[r, BLOCK]):
            self.state[r, BLOCK] = number
            self.state[r, column] = self.high
            self.state[r, column + BLOCKS] = self.low
            return
        if self.high > self.state[r, column]:
            self.state[r, column] = self.high
        if self.low < self.state[r, column + BLOCKS]:
            self.state[r, column + BLOCKS] = self.low

    @cython.cfunc
    @cython.exceptval(check=False)
    def _lowest(self, side: cython.int, bars: cython.double) -> cython.double:
        """The lowest low of about *bars* bars before this one, as *side* sees it."""
        r: cython.int = self.r
        newest: cython.longlong = cython.cast(cython.longlong, self.state[r, BLOCK])
        count: cython.longlong = cython.cast(cython.longlong, bars) // BLOCK_BARS
        k: cython.longlong
        found: cython.double = INF
        one: cython.double
        count = BLOCKS if count > BLOCKS else count
        for k in range(count):
            if newest - k < 0:
                break
            column: cython.int = EXTREMES + cython.cast(cython.int, (newest - k) % BLOCKS)
            one = self.state[r, column + BLOCKS] if side > 0 else -self.state[r, column]
            if one < found:
                found = one
        return found

    @cython.cfunc
    @cython.exceptval(check=False)
    def _turn(self, z: cython.int, least: cython.double) -> cython.int:
        """Move the zig-zag at *z*; give 1 when a high was confirmed by this bar, -1 when a low was, else 0."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        leg: cython.double = state[r, z + LEG]
        if self.n == 0:
            state[r, z + TIP] = self.high
            state[r, z + FOOT] = self.low
            return 0
        if leg == 0:
            if self.high > state[r, z + TIP]:
                state[r, z + TIP] = self.high
            if self.low < state[r, z + FOOT]:
                state[r, z + FOOT] = self.low
            up: cython.bint = self.close - state[r, z + FOOT] >= least
            down: cython.bint = state[r, z + TIP] - self.close >= least
            if up and not down:
                state[r, z + LEG] = 1
                self._set_tip(z, self.high)
            elif down and not up:
                state[r, z + LEG] = -1
                self._set_tip(z, self.low)
            return 0
        if state[r, z + TIP_BARS] == 2 and self.n == state[r, z + TIP_AT] + 1:
            state[r, z + TIP_VOLUME] += self.volume
            state[r, z + TIP_BARS] = 3
        if leg > 0:
            if self.high > state[r, z + TIP]:
                self._set_tip(z, self.high)
                return 0
            if state[r, z + TIP] - self.low < least:
                return 0
        else:
            if self.low < state[r, z + TIP]:
                self._set_tip(z, self.low)
                return 0
            if self.high - state[r, z + TIP] < least:
                return 0
        number: cython.longlong = cython.cast(cython.longlong, state[r, z + TURNS])
        column: cython.int = z + PIVOTS + PIVOT * cython.cast(cython.int, number % KEPT_PIVOTS)
        state[r, column] = state[r, z + TIP]
        state[r, column + P_AT] = state[r, z + TIP_AT]
        state[r, column + P_MEAN] = state[r, z + TIP_VOLUME] / state[r, z + TIP_BARS]
        state[r, column + P_OWN] = state[r, z + TIP_OWN]
        state[r, z + TURNS] = number + 1
        state[r, z + LEG] = -leg
        self._set_tip(z, self.low if leg > 0 else self.high)
        return 1 if leg > 0 else -1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _set_tip(self, z: cython.int, price: cython.double) -> cython.void:
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        state[r, z + TIP] = price
        state[r, z + TIP_AT] = self.n
        state[r, z + TIP_OWN] = self.volume
        state[r, z + TIP_VOLUME] = self.volume + state[r, LAST_VOLUME]
        state[r, z + TIP_BARS] = 2

    @cython.cfunc
    @cython.exceptval(check=False)
    def _pivot(self, z: cython.int, back: cython.int) -> cython.int:
        """The first column of the pivot that is *back* before the newest; there are that many."""
        number: cython.longlong = cython.cast(cython.longlong, self.state[self.r, z + TURNS]) - 1 - back
        return z + PIVOTS + PIVOT * cython.cast(cython.int, number % KEPT_PIVOTS)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _holds(self, kind: cython.int) -> cython.bint:
        """Whether the values that wait in the next row satisfy what an event of this kind requires."""
        k: cython.int
        row: cython.Py_ssize_t = self.given
        value: cython.double
        odds: cython.double = self.odds[kind, 1]
        for k in range(_MOST_VALUES):
            if self.odds[kind, 2 + 4 * k + 1] == 0:
                continue
            value = (self.values[row, 1 + k] - self.odds[kind, 2 + 4 * k]) / self.odds[kind, 2 + 4 * k + 1]
            value = 3.0 if value > 3.0 else (-3.0 if value < -3.0 else value)
            odds += value * (self.odds[kind, 2 + 4 * k + 2] + value * self.odds[kind, 2 + 4 * k + 3])
        self.values[row, _ODDS] = odds
        if odds < self.odds[kind, 0]:
            return False
        for k in range(self.counts[kind]):
            if self.rules[kind, k, 3] == 0:
                continue
            value = self.values[row, 1 + cython.cast(cython.int, self.rules[kind, k, 0])]
            if self.rules[kind, k, 1] * (value - self.rules[kind, k, 2]) < 0:
                return False
        return True

    @cython.cfunc
    @cython.exceptval(check=False)
    def _facts(
        self, level: cython.double, a: cython.double, b: cython.double, c: cython.double, d: cython.double,
        e: cython.double, f: cython.double, g: cython.double, h: cython.double, i: cython.double = 0.0,
        j: cython.double = 0.0, k: cython.double = 0.0, l: cython.double = 0.0,
    ) -> cython.void:  # fmt: skip
        """Write the values of the next event into its row."""
        row: cython.Py_ssize_t = self.given
        self.values[row, 0] = level
        self.values[row, 1] = a
        self.values[row, 2] = b
        self.values[row, 3] = c
        self.values[row, 4] = d
        self.values[row, 5] = e
        self.values[row, 6] = f
        self.values[row, 7] = g
        self.values[row, 8] = h
        self.values[row, 9] = i
        self.values[row, 10] = j
        self.values[row, 11] = k
        self.values[row, 12] = l
        self.values[row, _ODDS] = 0.0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _give(
        self, base: cython.int, kind: cython.int, direction: cython.int, at: cython.double, is_back: cython.int
    ) -> cython.void:
        """Give the event whose values wait in the next row."""
        row: cython.Py_ssize_t = self.given
        self.events[row, 0] = self.slot
        self.events[row, 1] = kind
        self.events[row, 2] = direction
        self.events[row, 3] = cython.cast(cython.longlong, at)
        self.events[row, 4] = cython.cast(cython.longlong, self.n)
        self.events[row, 5] = cython.cast(cython.longlong, self.state[self.r, base + ID])
        self.events[row, 6] = is_back
        self.events[row, 7] = cython.cast(cython.longlong, self.state[self.r, base + PHASE])
        self.events[row, 8] = self.entry
        if kind < KINDS:
            self._pull(kind, -direction if is_back != 0 else direction)
        self.given += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _pull(self, kind: cython.int, direction: cython.int) -> cython.void:
        """Let an event speak, by the weight of its kind."""
        weight: cython.double = self.p[PULL_CLIMAX]
        if kind == SHAKEOUT or kind == SPRING or kind == TEST:
            weight = self.p[PULL_SPRING]
        elif kind == SIGN or kind == LAST_POINT or kind == BACKUP:
            weight = self.p[PULL_SIGN]
        elif kind != CLIMAX and kind != SECONDARY_TEST:
            return
        now: cython.double = self.state[self.r, PULL] + direction * weight
        self.state[self.r, PULL] = 1.0 if now > 1.0 else (-1.0 if now < -1.0 else now)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _go(self, base: cython.int, phase: cython.double, since: cython.double) -> cython.void:
        """Let the range go into a phase that began at bar *since*."""
        if self.state[self.r, base + PHASE] == phase:
            return
        before: cython.double = self.state[self.r, base + PHASE]
        self.state[self.r, base + PHASE] = phase
        self.state[self.r, base + PHASE_FROM] = since
        self._facts(0.0, before, phase, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        self._give(base, PHASE_CHANGE, cython.cast(cython.int, self.state[self.r, base + BROKEN]), since, 0)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _end(self, base: cython.int, why: cython.int) -> cython.void:
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        self._facts(
            0.0, why, state[r, base + LOWER], state[r, base + UPPER], state[r, base + SUMMED], state[r, base + INSIDE],
            state[r, base + TOUCHES], state[r, base + TOUCHES + 1], state[r, base + BEGIN],
        )  # fmt: skip
        self._give(base, ENDS, cython.cast(cython.int, state[r, base + BROKEN]), self.n, 0)
        state[r, base + ID] = 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _candidate(self, side: cython.int) -> cython.void:
        """Look for a climax below, as *side* sees it, its reaction, and the test that makes it a range."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        base: cython.int = CANDIDATES + (0 if side > 0 else CANDIDATE)
        low: cython.double = self.low if side > 0 else -self.high
        high: cython.double = self.high if side > 0 else -self.low
        close: cython.double = self.close if side > 0 else -self.close
        if state[r, base + STAGE] > 0 and self.n - state[r, base + AT] > self.p[TEST_BARS]:
            state[r, base + STAGE] = 0
        lowest: cython.double = self._lowest(side, self.p[TREND_BARS])
        if self.volume >= self.p[CLIMAX_VOLUME] and self.spread >= self.p[CLIMAX_SPREAD] and low < lowest:
            trend: cython.double = (-self._lowest(-side, BLOCKS * BLOCK_BARS) - low) / self.atr
            if trend >= self.p[TREND_ATR] and not self._is_inside(side, low):
                # A second climax, lower, takes the place of the first unless it is much the smaller.
                is_lesser: cython.bint = (
                    state[r, base + STAGE] == 1
                    and self.volume * self.spread < 0.4 * state[r, base + VOLUME] * state[r, base + SPREAD]
                )
                if not is_lesser:
                    state[r, base + STAGE] = 1
                    state[r, base + AT] = self.n
                    state[r, base + LOW] = low
                    state[r, base + VOLUME] = self.volume
                    state[r, base + SPREAD] = self.spread
                    state[r, base + POSITION] = (close - low) / (high - low) if high > low else 0.5
                    state[r, base + TREND] = trend
                    state[r, base + ATR_THEN] = self.atr
                    self._preliminary(side, base)
                    return
        if state[r, base + STAGE] == 0:
            return
        width: cython.double = state[r, base + REACTION_HIGH] - state[r, base + LOW]
        if low < state[r, base + LOW]:
            if state[r, base + STAGE] == 1:
                if state[r, base + LOW] - low > self.p[UNDERCUT] * 4.0 * state[r, base + ATR_THEN]:
                    state[r, base + STAGE] = 0
                    return
                state[r, base + LOW] = low
            elif state[r, base + LOW] - low > self.p[UNDERCUT] * width:
                state[r, base + STAGE] = 0
                return
        column: cython.int
        price: cython.double
        if state[r, base + STAGE] == 1:
            if self.turned == side:
                column = self._pivot(COARSE, 0)
                price = state[r, column] if side > 0 else -state[r, column]
                if (
                    state[r, column + 1] > state[r, base + AT]
                    and price - state[r, base + LOW] >= self.p[REACTION_ATR] * state[r, base + ATR_THEN]
                ):
                    if state[r, column + 1] - state[r, base + AT] > self.p[REACTION_BARS]:
                        state[r, base + STAGE] = 0
                        return
                    state[r, base + STAGE] = 2
                    state[r, base + REACTION_AT] = state[r, column + 1]
                    state[r, base + REACTION_HIGH] = price
                    state[r, base + REACTION_VOLUME] = state[r, column + P_MEAN]
            return
        if high > state[r, base + REACTION_HIGH]:
            if (
                self.n - state[r, base + AT] > self.p[REACTION_BARS]
                or high - state[r, base + LOW] > self.p[WIDEST] * state[r, base + ATR_THEN]
            ):
                state[r, base + STAGE] = 0
                return
            state[r, base + REACTION_HIGH] = high
            state[r, base + REACTION_AT] = self.n
            state[r, base + REACTION_VOLUME] = self.volume
            return
        if self.turned == -side:
            column = self._pivot(COARSE, 0)
            price = state[r, column] if side > 0 else -state[r, column]
            if state[r, column + 1] <= state[r, base + REACTION_AT]:
                return
            if price - state[r, base + LOW] <= self.p[TEST_HEIGHT] * width:
                self._begin(side, base, column, price)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _is_inside(self, side: cython.int, low: cython.double) -> cython.bint:
        """Whether a range that was born of a climax, and that nothing has broken, holds this low, or nearly."""
        k: cython.int
        for k in range(_MOST_RANGES):
            base: cython.int = RANGES + k * _RANGE
            if (
                self.state[self.r, base + ID] == 0
                or self.state[self.r, base + BROKEN] != 0
                or self.state[self.r, base + ORIGIN] == 0
            ):
                continue
            lower: cython.double = self.state[self.r, base + LOWER]
            upper: cython.double = self.state[self.r, base + UPPER]
            if low * side > lower - 0.5 * (upper - lower) and low * side < upper + 0.5 * (upper - lower):
                return True
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def _preliminary(self, side: cython.int, base: cython.int) -> cython.void:
        """Look back for the low of the trend before the climax that traded most, and from which the price bounced."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        state[r, base + PRELIMINARY_AT] = -1
        count: cython.longlong = cython.cast(cython.longlong, state[r, FINE + TURNS])
        count = KEPT_PIVOTS if count > KEPT_PIVOTS else count
        # The newest pivot is a high as *side* sees it when a low is being made.
        leg: cython.int = cython.cast(cython.int, state[r, FINE + LEG]) * side
        best: cython.double = self.p[PRELIMINARY_VOLUME]
        k: cython.int = 1 if leg < 0 else 0
        while 1 <= k < count:
            column: cython.int = self._pivot(FINE, k)
            after: cython.int = self._pivot(FINE, k - 1)
            at: cython.double = state[r, column + 1]
            price: cython.double = state[r, column] * side
            if self.n - at > self.p[PRELIMINARY_BARS]:
                break
            further: cython.double = (price - state[r, base + LOW]) / self.atr
            if state[r, column + P_OWN] > best and further > 0.5:
                best = state[r, column + P_OWN]
                state[r, base + PRELIMINARY_MEAN] = state[r, column + P_MEAN]
                state[r, base + PRELIMINARY_AT] = at
                state[r, base + PRELIMINARY_LOW] = price
                state[r, base + PRELIMINARY_RATIO] = best
                state[r, base + PRELIMINARY_BOUNCE] = (state[r, after] * side - price) / self.atr
                state[r, base + PRELIMINARY_FURTHER] = further
            k += 2

    @cython.cfunc
    @cython.exceptval(check=False)
    def _room(self, lower: cython.double, upper: cython.double, is_born: cython.bint) -> cython.int:
        """The first column of a free range; where another holds these prices, one of the two gives way.

        What was born of a climax (*is_born*) displaces what was not; else what is there stays, and -1 is given.
        """
        k: cython.int
        base: cython.int
        free: cython.int = -1
        for k in range(_MOST_RANGES):
            base = RANGES + k * _RANGE
            if self.state[self.r, base + ID] == 0:
                free = base
                continue
            if self.state[self.r, base + BROKEN] != 0:
                continue
            first: cython.double = self.state[self.r, base + LOWER]
            last: cython.double = self.state[self.r, base + UPPER]
            shared: cython.double = (upper if upper < last else last) - (lower if lower > first else first)
            least: cython.double = upper - lower if upper - lower < last - first else last - first
            if shared > 0.5 * least:
                if not is_born or self.state[self.r, base + ORIGIN] != 0:
                    return -1
                self._end(base, END_DISPLACED)
                free = base
        if free >= 0:
            return free
        # All are taken: the one that was left first goes, else the oldest.
        oldest: cython.double = INF
        for k in range(_MOST_RANGES):
            base = RANGES + k * _RANGE
            rank: cython.double = self.state[self.r, base + BEGIN]
            if self.state[self.r, base + BROKEN] != 0:
                rank -= 1e12
            if rank < oldest:
                oldest = rank
                free = base
        self._end(free, END_DISPLACED)
        return free

    @cython.cfunc
    @cython.exceptval(check=False)
    def _open(self, base: cython.int, origin: cython.double, begin: cython.double, lower: cython.double,
              upper: cython.double) -> cython.void:  # fmt: skip
        """Begin a range in the columns from *base* on."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        k: cython.int
        for k in range(_RANGE):
            state[r, base + k] = 0
        state[r, RANGES_MADE] += 1
        state[r, base + ID] = state[r, RANGES_MADE]
        state[r, base + ORIGIN] = origin
        state[r, base + BEGIN] = begin
        state[r, base + LOWER] = lower
        state[r, base + UPPER] = upper
        state[r, base + ATR_BEGIN] = self.atr
        # It is known from its first test on.
        state[r, base + LIKELY + 1] = 1.0
        for k in range(2):
            state[r, base + SIDES + k * SIDE + SPRING_AT] = -1
            state[r, base + SIDES + k * SIDE + LOW_AT] = -1
        self._facts(0.0, lower, upper, origin, 0.0, 0.0, 0.0, 0.0, 0.0)
        self._give(base, BEGINS, cython.cast(cython.int, origin), begin, 0)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _begin(self, side: cython.int, candidate: cython.int, pivot: cython.int, low: cython.double) -> cython.void:
        """Make a range of a climax, its reaction and its test, where all three are what they have to be."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        bottom: cython.double = state[r, candidate + LOW]
        top: cython.double = state[r, candidate + REACTION_HIGH]
        width: cython.double = top - bottom
        atr: cython.double = state[r, candidate + ATR_THEN]
        at: cython.double = state[r, candidate + AT]
        if width < self.p[NARROWEST] * atr or width > self.p[WIDEST] * atr:
            return
        self._first_test(candidate, pivot, side, low)
        if not self._holds(SECONDARY_TEST):
            return
        self._reaction(candidate, side)
        if not self._holds(REACTION):
            return
        self._climax(candidate, pivot, side, low)
        if not self._holds(CLIMAX):
            return
        lower: cython.double = bottom if side > 0 else -top
        base: cython.int = self._room(lower, lower + width, True)
        state[r, candidate + STAGE] = 0
        if base < 0:
            return
        began: cython.double = at
        has_preliminary: cython.bint = False
        if state[r, candidate + PRELIMINARY_AT] >= 0:
            self._preliminary_facts(candidate, side)
            has_preliminary = self._holds(PRELIMINARY)
            if has_preliminary:
                began = state[r, candidate + PRELIMINARY_AT]
        self._open(base, side, began, lower, lower + width)
        state[r, base + CLIMAX_RATIO] = state[r, candidate + VOLUME]
        state[r, base + ATR_BEGIN] = atr
        state[r, base + TOUCHES] = 2 if side > 0 else 1
        state[r, base + TOUCHES + 1] = 1 if side > 0 else 2
        state[r, base + LAST_TOUCH] = side
        state[r, base + ALTERNATIONS] = 2
        state[r, base + TESTS] = 1
        self._go(base, 1, began)
        if has_preliminary:
            self._preliminary_facts(candidate, side)
            self._holds(PRELIMINARY)
            self._give(base, PRELIMINARY, side, began, 0)
        self._climax(candidate, pivot, side, low)
        self._holds(CLIMAX)
        self._give(base, CLIMAX, side, at, 0)
        self._reaction(candidate, side)
        self._holds(REACTION)
        self._give(base, REACTION, side, state[r, candidate + REACTION_AT], 0)
        self._first_test(candidate, pivot, side, low)
        self._holds(SECONDARY_TEST)
        self._give(base, SECONDARY_TEST, side, state[r, pivot + P_AT], 0)
        self._go(base, 2, state[r, pivot + P_AT] + 1)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _preliminary_facts(self, c: cython.int, side: cython.int) -> cython.void:
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        self._facts(
            state[r, c + PRELIMINARY_LOW] * side, state[r, c + PRELIMINARY_RATIO], state[r, c + PRELIMINARY_BOUNCE],
            state[r, c + PRELIMINARY_FURTHER], state[r, c + AT] - state[r, c + PRELIMINARY_AT],
            state[r, c + PRELIMINARY_MEAN], state[r, c + TREND], 0.0, 0.0,
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def _climax(self, c: cython.int, pivot: cython.int, side: cython.int, low: cython.double) -> cython.void:
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        width: cython.double = state[r, c + REACTION_HIGH] - state[r, c + LOW]
        self._facts(
            state[r, c + LOW] * side, state[r, c + VOLUME], state[r, c + SPREAD], state[r, c + TREND],
            state[r, c + POSITION], width / state[r, c + ATR_THEN], state[r, pivot + P_OWN] / state[r, c + VOLUME],
            (low - state[r, c + LOW]) / width, state[r, c + REACTION_AT] - state[r, c + AT],
            state[r, c + REACTION_VOLUME] / state[r, c + VOLUME], state[r, pivot + P_AT] - state[r, c + REACTION_AT],
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def _reaction(self, c: cython.int, side: cython.int) -> cython.void:
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        width: cython.double = state[r, c + REACTION_HIGH] - state[r, c + LOW]
        self._facts(
            state[r, c + REACTION_HIGH] * side, width / state[r, c + ATR_THEN], width,
            state[r, c + REACTION_AT] - state[r, c + AT], state[r, c + REACTION_VOLUME] / state[r, c + VOLUME], 0.0,
            0.0, 0.0, 0.0,
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def _first_test(self, c: cython.int, pivot: cython.int, side: cython.int, low: cython.double) -> cython.void:
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        width: cython.double = state[r, c + REACTION_HIGH] - state[r, c + LOW]
        self._facts(
            low * side, (low - state[r, c + LOW]) / width, state[r, pivot + P_OWN] / state[r, c + VOLUME],
            state[r, pivot + P_AT] - state[r, c + REACTION_AT], low - state[r, c + LOW], state[r, pivot + P_OWN],
            width / state[r, c + ATR_THEN], 1.0, 0.0,
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def _compression(self) -> cython.void:
        """Begin a range without a climax where five pivots in a row lie on two levels."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        if state[r, COARSE + TURNS] < 5 or self.p[COMPRESSION_BARS] <= 0:
            return
        k: cython.int
        highest: cython.double = -INF
        lowest_high: cython.double = INF
        lowest: cython.double = INF
        highest_low: cython.double = -INF
        for k in range(5):
            price: cython.double = state[r, self._pivot(COARSE, k)]
            if (k % 2 == 0) == (self.turned > 0):
                highest = price if price > highest else highest
                lowest_high = price if price < lowest_high else lowest_high
            else:
                lowest = price if price < lowest else lowest
                highest_low = price if price > highest_low else highest_low
        lower: cython.double = 0.5 * (lowest + highest_low)
        upper: cython.double = 0.5 * (highest + lowest_high)
        width: cython.double = upper - lower
        if width < self.p[NARROWEST] * self.atr or width > self.p[WIDEST] * self.atr:
            return
        if highest - lowest_high > self.p[COMPRESSION_SPREAD] * width:
            return
        if highest_low - lowest > self.p[COMPRESSION_SPREAD] * width:
            return
        begin: cython.double = state[r, self._pivot(COARSE, 4) + 1]
        if self.n - begin < self.p[COMPRESSION_BARS]:
            return
        base: cython.int = self._room(lower, upper, False)
        if base < 0:
            return
        self._open(base, 0, begin, lower, upper)
        state[r, base + TOUCHES] = 2 if self.turned > 0 else 3
        state[r, base + TOUCHES + 1] = 3 if self.turned > 0 else 2
        state[r, base + LAST_TOUCH] = -self.turned
        state[r, base + ALTERNATIONS] = 4
        self._go(base, 2, begin)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _range(self, base: cython.int) -> cython.void:
        """Take the bar into a range."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        if state[r, base + BROKEN] != 0:
            self._after(base, cython.cast(cython.int, state[r, base + BROKEN]))
            return
        lower: cython.double = state[r, base + LOWER]
        upper: cython.double = state[r, base + UPPER]
        state[r, base + SUMMED] += 1
        state[r, base + VOLUME_SUM] += self.volume
        state[r, base + VOLUME_TIME] += self.volume * state[r, base + SUMMED]
        if lower <= self.close <= upper:
            state[r, base + INSIDE] += 1
        if self.nodded != 0:
            self._dip(base, -self.nodded)
        if self.turned != 0:
            self._low(base, -self.turned)
        # Both sides before either breaks: which of them comes first must make no difference.
        goes: cython.int = self._side(base, 1) - self._side(base, -1)
        if goes != 0:
            self._break(base, -goes)
            return
        if self.n - state[r, base + BEGIN] > self.p[LONGEST]:
            self._end(base, END_TOO_LONG)
        elif state[r, base + SUMMED] >= 20 and state[r, base + INSIDE] < self.p[CONTAINED] * state[r, base + SUMMED]:
            self._end(base, END_SHAPELESS)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _side(self, base: cython.int, side: cython.int) -> cython.int:
        """What the bar does at the bound that lies below, as *side* sees it; 1 where the price has left for good."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        own: cython.int = base + SIDES + (0 if side > 0 else SIDE)
        low: cython.double = self.low if side > 0 else -self.high
        close: cython.double = self.close if side > 0 else -self.close
        bound: cython.double = state[r, base + LOWER] if side > 0 else -state[r, base + UPPER]
        width: cython.double = state[r, base + UPPER] - state[r, base + LOWER]
        age: cython.double
        if state[r, own + IS_BEYOND] == 0 and low < bound - self.p[BEYOND] * width:
            state[r, own + IS_BEYOND] = 1
            state[r, own + BEYOND_AT] = self.n
            state[r, own + BEYOND_LOW] = low
            state[r, own + BEYOND_LOW_AT] = self.n
            state[r, own + BEYOND_OWN] = self.volume
            state[r, own + BEYOND_VOLUME] = 0
            state[r, own + BEYOND_SPREAD] = 0
            state[r, own + BEYOND_CLOSES] = 0
            state[r, own + STRONG] = 0
        if state[r, own + IS_BEYOND] != 0:
            if low < state[r, own + BEYOND_LOW]:
                state[r, own + BEYOND_LOW] = low
                state[r, own + BEYOND_LOW_AT] = self.n
                state[r, own + BEYOND_OWN] = self.volume
            if self.volume > state[r, own + BEYOND_VOLUME]:
                state[r, own + BEYOND_VOLUME] = self.volume
            if self.spread > state[r, own + BEYOND_SPREAD]:
                state[r, own + BEYOND_SPREAD] = self.spread
            age = self.n - state[r, own + BEYOND_AT]
            depth: cython.double = (bound - close) / width
            if close < bound:
                state[r, own + BEYOND_CLOSES] += 1
                if depth >= self.p[BEYOND] and self.volume * self.spread > state[r, own + STRONG]:
                    state[r, own + STRONG] = self.volume * self.spread
                    state[r, own + STRONG_AT] = self.n
                    state[r, own + STRONG_VOLUME] = self.volume
                    state[r, own + STRONG_SPREAD] = self.spread
                    state[r, own + STRONG_CLOSE] = depth
                if state[r, own + BEYOND_CLOSES] >= self.p[HOLD_BARS] or (
                    state[r, own + BEYOND_CLOSES] >= 2 and depth >= self.p[HOLD_DEPTH]
                ):
                    return 1
            else:
                state[r, own + IS_BEYOND] = 0
                if age <= self.p[RECOVER_BARS]:
                    self._thrust(base, own, side, bound, width, age)
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _thrust(
        self, base: cython.int, own: cython.int, side: cython.int, bound: cython.double, width: cython.double,
        age: cython.double,
    ) -> cython.void:  # fmt: skip
        """The price was beyond the bound and came back: a shakeout while the cause is being built, or a spring."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        kind: cython.int = SPRING
        built: cython.double = state[r, own + BEYOND_LOW_AT] - state[r, base + BEGIN]
        if (
            state[r, own + BEYOND_VOLUME] >= self.p[SHAKEOUT_VOLUME]
            and state[r, own + BEYOND_SPREAD] >= self.p[SHAKEOUT_SPREAD]
            and age <= 2
        ) or built < self.p[CAUSE_BARS]:
            kind = SHAKEOUT
        low: cython.double = state[r, own + BEYOND_LOW]
        self._facts(
            low * side, (bound - low) / width, state[r, own + BEYOND_OWN], state[r, own + BEYOND_SPREAD], age, built,
            bound - low, state[r, base + TESTS], (bound - low) / self.atr, state[r, own + BEYOND_VOLUME],
            ((self.close if side > 0 else -self.close) - bound) / width, 1.0 if state[r, base + ORIGIN] != 0 else 0.0,
            state[r, base + ALTERNATIONS],
        )  # fmt: skip
        if self.odds[SHAKEOUT, 0] > -INF and self.odds[SPRING, 0] > -INF:
            # Where it was measured what each of them looks like, it is what it looks more like.
            self._holds(SHAKEOUT)
            likely: cython.double = self.values[self.given, _ODDS]
            self._holds(SPRING)
            kind = SHAKEOUT if likely > self.values[self.given, _ODDS] else SPRING
        if not self._holds(kind):
            return
        since: cython.double = state[r, own + BEYOND_AT]
        if state[r, COARSE + LEG] == -side and state[r, COARSE + TURNS] > 0:
            # It began with the leg that led there.
            since = state[r, self._pivot(COARSE, 0) + P_AT] + 1
        if kind == SPRING:
            if state[r, own + SPRING_AT] >= 0:
                if low >= state[r, own + SPRING_LOW]:
                    # Higher than the spring before it: that one's test, if anything.
                    return
                if state[r, own + IS_TESTED] == 0 and self.n - state[r, own + SPRING_AT] <= self.p[TEST_UNTIL]:
                    # It goes on, deeper: the same spring.
                    state[r, own + SPRING_LOW] = low
                    state[r, own + SPRING_VOLUME] = state[r, own + BEYOND_OWN]
                    return
            state[r, own + SPRING_AT] = state[r, own + BEYOND_LOW_AT]
            state[r, own + SPRING_LOW] = low
            state[r, own + SPRING_VOLUME] = state[r, own + BEYOND_OWN]
            state[r, own + IS_TESTED] = 0
        self._give(base, kind, side, state[r, own + BEYOND_LOW_AT], 0)
        if kind == SPRING:
            self._go(base, 3, since)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _low(self, base: cython.int, side: cython.int) -> cython.void:
        """A pivot that is a low, as *side* sees it, was confirmed."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        own: cython.int = base + SIDES + (0 if side > 0 else SIDE)
        bound: cython.double = state[r, base + LOWER] if side > 0 else -state[r, base + UPPER]
        width: cython.double = state[r, base + UPPER] - state[r, base + LOWER]
        column: cython.int = self._pivot(COARSE, 0)
        at: cython.double = state[r, column + P_AT]
        price: cython.double = state[r, column] * side
        height: cython.double = (price - bound) / width
        if at <= state[r, base + BEGIN]:
            return
        state[r, own + LOW_AT] = at
        state[r, own + LOW_PRICE] = price
        state[r, own + LOW_VOLUME] = state[r, column + P_OWN]
        state[r, own + LOW_FROM] = state[r, self._pivot(COARSE, 1) + P_AT] + 1 if state[r, COARSE + TURNS] > 1 else at
        if state[r, base + PHASE] == 2 and at < state[r, base + PHASE_FROM]:
            # The test with which it began: that one was given and counted.
            return
        k: cython.int = 0 if side > 0 else 1
        if -self.p[TOUCH] <= height <= self.p[TOUCH]:
            state[r, base + TOUCHES + k] += 1
            if state[r, base + LAST_TOUCH] != side:
                state[r, base + LAST_TOUCH] = side
                state[r, base + ALTERNATIONS] += 1
        if state[r, own + SPRING_AT] >= 0 or state[r, base + ORIGIN] != side or state[r, base + PHASE] != 2:
            return
        self._facts(
            price * side, height, state[r, column + P_OWN] / state[r, base + CLIMAX_RATIO],
            at - state[r, base + PHASE_FROM], price - bound, state[r, column + P_OWN],
            width / state[r, base + ATR_BEGIN], 0.0, state[r, base + TESTS], state[r, column + P_MEAN],
        )  # fmt: skip
        if height <= self.p[TOUCH] and self._holds(SECONDARY_TEST):
            state[r, base + TESTS] += 1
            self._give(base, SECONDARY_TEST, side, at, 0)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _dip(self, base: cython.int, side: cython.int) -> cython.void:
        """A small pivot that is a low, as *side* sees it, was confirmed: the test of a spring, if there was one."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        own: cython.int = base + SIDES + (0 if side > 0 else SIDE)
        if state[r, own + SPRING_AT] < 0 or state[r, own + IS_TESTED] != 0:
            return
        bound: cython.double = state[r, base + LOWER] if side > 0 else -state[r, base + UPPER]
        width: cython.double = state[r, base + UPPER] - state[r, base + LOWER]
        column: cython.int = self._pivot(FINE, 0)
        at: cython.double = state[r, column + P_AT]
        price: cython.double = state[r, column] * side
        after: cython.double = at - state[r, own + SPRING_AT]
        if after < self.p[TEST_FROM] or after > self.p[TEST_UNTIL]:
            return
        if state[r, base + BROKEN] != 0 and at >= state[r, base + BREAK_AT]:
            return
        self._facts(
            price * side, (price - state[r, own + SPRING_LOW]) / width,
            state[r, column + P_OWN] / state[r, own + SPRING_VOLUME], after, (price - bound) / width,
            state[r, column + P_OWN], state[r, column + P_MEAN], 0.0, 0.0,
        )  # fmt: skip
        if self._holds(TEST):
            state[r, own + IS_TESTED] = 1
            self._give(base, TEST, side, at, 0)
            if state[r, base + PHASE] == 3:
                self._go(base, 4, at + 1)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _break(self, base: cython.int, direction: cython.int) -> cython.void:
        """The price has left the range in *direction* and stays away: with a sign of strength, or without."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        left: cython.int = base + SIDES + (SIDE if direction > 0 else 0)
        other: cython.int = base + SIDES + (0 if direction > 0 else SIDE)
        width: cython.double = state[r, base + UPPER] - state[r, base + LOWER]
        has_spring: cython.bint = state[r, other + SPRING_AT] >= 0
        state[r, base + BROKEN] = direction
        state[r, base + BREAK_KNOWN] = self.n
        state[r, base + BREAK_AT] = state[r, left + BEYOND_AT]
        state[r, base + PEAK] = self.high if direction > 0 else -self.low
        state[r, left + IS_BEYOND] = 0
        state[r, other + IS_BEYOND] = 0
        at: cython.double = state[r, left + STRONG_AT]
        has_sign: cython.bint = False
        price: cython.double = 0.0
        if state[r, left + STRONG] > 0:
            bound: cython.double = state[r, base + UPPER] if direction > 0 else -state[r, base + LOWER]
            price = bound + state[r, left + STRONG_CLOSE] * width
            self._strong(base, left, direction, price, width, has_spring)
            has_sign = self._holds(SIGN)
        if has_sign:
            state[r, base + HAS_SIGN] = 1
            state[r, base + BREAK_AT] = at
            state[r, base + SIGN_VOLUME] = state[r, left + STRONG_VOLUME]
            if not has_spring and state[r, other + LOW_AT] >= 0:
                floor: cython.double = state[r, base + LOWER] if direction > 0 else -state[r, base + UPPER]
                low: cython.double = state[r, other + LOW_PRICE]
                self._facts(
                    low * direction, (low - floor) / width, state[r, other + LOW_VOLUME], state[r, other + LOW_AT] - at,
                    low - floor, state[r, other + LOW_VOLUME] / state[r, left + STRONG_VOLUME], 0.0,
                    state[r, left + STRONG_CLOSE], width / self.atr, 1.0, 0.0,
                )  # fmt: skip
                if self._holds(LAST_POINT) and state[r, other + LOW_AT] < at:
                    self._give(base, LAST_POINT, direction, state[r, other + LOW_AT], 0)
                    self._go(base, 3, state[r, other + LOW_FROM])
                    self._go(base, 4, state[r, other + LOW_AT] + 1)
            self._strong(base, left, direction, price, width, has_spring)
            self._give(base, SIGN, direction, at, 0)
        self._go(base, 4, state[r, left + BEYOND_AT])

    @cython.cfunc
    @cython.exceptval(check=False)
    def _strong(
        self, base: cython.int, left: cython.int, direction: cython.int, price: cython.double, width: cython.double,
        has_spring: cython.bint,
    ) -> cython.void:  # fmt: skip
        """Write the facts of a sign of strength."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        self._facts(
            price * direction, state[r, left + STRONG_CLOSE], state[r, left + STRONG_VOLUME],
            state[r, left + STRONG_SPREAD], state[r, left + BEYOND_CLOSES], self.n - state[r, base + BEGIN],
            state[r, left + STRONG_CLOSE] * width, 1.0 if has_spring else 0.0, width / self.atr,
            state[r, base + CLIMAX_RATIO], state[r, base + INSIDE] / state[r, base + SUMMED],
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def _after(self, base: cython.int, direction: cython.int) -> cython.void:
        """Take the bar into a range that the price has left."""
        state: cython.double[:, ::1] = self.state
        r: cython.int = self.r
        high: cython.double = self.high if direction > 0 else -self.low
        close: cython.double = self.close if direction > 0 else -self.close
        bound: cython.double = state[r, base + UPPER] if direction > 0 else -state[r, base + LOWER]
        width: cython.double = state[r, base + UPPER] - state[r, base + LOWER]
        depth: cython.double = (close - bound) / width
        since: cython.double = self.n - state[r, base + BREAK_AT]
        if depth < -self.p[FAIL_DEPTH]:
            if state[r, base + PHASE] < 5 and state[r, base + PULLBACKS] == 0 and since <= self.p[PULLBACK_BARS]:
                # It did not hold: back to where it was tested, and the sign is taken back.
                if state[r, base + HAS_SIGN] != 0:
                    self._facts(bound * direction, depth, since, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
                    self._give(base, SIGN, direction, state[r, base + BREAK_AT], 1)
                state[r, base + BROKEN] = 0
                state[r, base + HAS_SIGN] = 0
                self._go(base, 3, self.n)
            else:
                self._end(base, END_FAILED)
            return
        if self.nodded == -direction:
            # The test of a spring may turn out to be one when the price has already left.
            self._dip(base, direction)
        if self.nodded == -direction and state[r, base + PULLBACKS] < 2 and state[r, base + HAS_SIGN] != 0:
            column: cython.int = self._pivot(FINE, 0)
            at: cython.double = state[r, column + P_AT]
            price: cython.double = state[r, column] * direction
            height: cython.double = (price - bound) / width
            after: cython.double = at - state[r, base + BREAK_AT]
            if at > state[r, base + BREAK_AT] and after <= self.p[PULLBACK_BARS] and height >= self.p[PULLBACK_LOW]:
                kind: cython.int = LAST_POINT if state[r, base + PULLBACKS] == 0 else BACKUP
                self._facts(
                    price * direction, height, state[r, column + P_OWN], after, price - bound,
                    state[r, column + P_OWN] / state[r, base + SIGN_VOLUME], state[r, column + P_MEAN],
                    (state[r, base + PEAK] - bound) / width, (state[r, base + PEAK] - price) / self.atr, 0.0, 1.0,
                )  # fmt: skip
                if self._holds(kind):
                    state[r, base + PULLBACKS] += 1
                    state[r, base + PULLBACK_AT] = at
                    self._give(base, kind, direction, at, 0)
        if state[r, base + PHASE] < 5 and (
            (state[r, base + PULLBACKS] > 0 and close > state[r, base + PEAK]) or depth >= self.p[LEAVE_WIDTHS]
        ):
            state[r, base + LEFT_AT] = self.n
            self._go(base, 5, state[r, base + PULLBACK_AT] + 1 if state[r, base + PULLBACKS] > 0 else self.n)
        if high > state[r, base + PEAK]:
            state[r, base + PEAK] = high
        if state[r, base + PHASE] == 5 and self.n - state[r, base + LEFT_AT] >= self.p[LEAVE_BARS]:
            self._end(base, END_LEFT)
        elif since > 3.0 * self.p[PULLBACK_BARS] and state[r, base + PHASE] < 5:
            self._end(base, END_LEFT)
