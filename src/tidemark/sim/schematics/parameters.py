"""What the made-up markets are drawn from: one set to tune detectors on, and another, which they have not seen."""

import msgspec

# A pair is where a figure is drawn from, evenly, both ends included.
Span = tuple[float, float]
Whole = tuple[int, int]


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """Where the shapes come from. Lengths are in bars, heights in mean bar ranges (ATR) or in widths of the range (W).

    Volumes and spreads of events are multiples of what is usual around them.
    """

    name: str
    # Seeds of different sets never meet: it is the first word of every seed.
    stream: int
    timeframes: tuple[str, ...]
    # The mean bar range as a share of the price on an hourly chart; others go with almost the root of time.
    bar_range: Span
    ticks_a_bar: Span
    season: Span
    volume_noise: Span
    effort: Span
    leg_noise: Span
    regime: Span
    regime_change: float
    missing: float
    gap: float
    # Between schematics: so many pieces of so many bars.
    pieces: Whole
    piece_bars: Whole
    failed: float

    width: Span
    trend_bars: Whole
    trend_height: Span
    preliminary: float
    preliminary_at: Span
    preliminary_volume: Span
    preliminary_rest: Span
    bounce: Span
    bounce_bars: Whole
    climax_volume: Span
    climax_spread: Span
    reaction_bars: Whole
    test_bars: Whole
    test_at: Span
    test_volume: Span
    swings: Whole
    swing_bars: Whole
    swing_at: Span
    dry: Span
    shakeout: float
    shakeout_depth: Span
    shakeout_volume: Span
    shakeout_spread: Span
    spring_bars: Whole
    spring_depth: Span
    # Types 1, 2 and 3: heavy, moderate, light.
    spring_volumes: tuple[Span, Span, Span]
    recovery_bars: Whole
    spring_test_bars: Whole
    spring_test_volume: Span
    last_point_early: Span
    sign_bars: Whole
    sign_volume: Span
    sign_spread: Span
    sign_beyond: Span
    last_point_bars: Whole
    last_point_at: Span
    last_point_volume: Span
    backup: float
    backup_at: Span
    markup_bars: Whole
    markup_height: Span


TUNE = Parameters(
    name="tune",
    stream=1,
    timeframes=("15m", "1h", "4h", "1d"),
    bar_range=(0.003, 0.007),
    ticks_a_bar=(16.0, 400.0),
    season=(0.1, 0.35),
    volume_noise=(0.22, 0.36),
    effort=(0.25, 0.5),
    leg_noise=(0.28, 0.45),
    regime=(0.5, 2.0),
    regime_change=0.25,
    missing=0.001,
    gap=0.002,
    pieces=(1, 4),
    piece_bars=(30, 120),
    failed=0.15,
    width=(4.0, 10.0),
    trend_bars=(30, 80),
    trend_height=(6.0, 15.0),
    preliminary=0.85,
    preliminary_at=(0.55, 0.85),
    preliminary_volume=(1.5, 2.5),
    preliminary_rest=(1.5, 4.0),
    bounce=(1.0, 2.0),
    bounce_bars=(2, 5),
    climax_volume=(2.5, 5.0),
    climax_spread=(1.8, 3.0),
    reaction_bars=(4, 12),
    test_bars=(4, 12),
    test_at=(-0.05, 0.25),
    test_volume=(0.40, 0.75),
    swings=(1, 5),
    swing_bars=(5, 20),
    swing_at=(0.0, 0.25),
    dry=(0.55, 0.85),
    shakeout=0.25,
    shakeout_depth=(0.08, 0.30),
    shakeout_volume=(1.8, 3.0),
    shakeout_spread=(1.5, 2.5),
    spring_bars=(4, 12),
    spring_depth=(0.05, 0.25),
    spring_volumes=((1.3, 2.0), (0.8, 1.3), (0.4, 0.8)),
    recovery_bars=(1, 4),
    spring_test_bars=(3, 12),
    spring_test_volume=(0.4, 0.8),
    last_point_early=(0.2, 0.5),
    sign_bars=(3, 8),
    sign_volume=(1.6, 3.0),
    sign_spread=(1.4, 2.2),
    sign_beyond=(0.10, 0.25),
    last_point_bars=(3, 10),
    last_point_at=(-0.10, 0.40),
    last_point_volume=(0.5, 0.9),
    backup=0.5,
    backup_at=(-0.05, 0.25),
    markup_bars=(10, 30),
    markup_height=(1.0, 2.0),
)

REPORT = msgspec.structs.replace(
    TUNE,
    name="report",
    stream=2,
    bar_range=(0.0025, 0.009),
    ticks_a_bar=(12.0, 900.0),
    season=(0.05, 0.45),
    volume_noise=(0.20, 0.42),
    effort=(0.2, 0.6),
    leg_noise=(0.25, 0.50),
    regime_change=0.35,
    missing=0.002,
    gap=0.003,
    pieces=(1, 5),
    piece_bars=(25, 160),
    failed=0.20,
    width=(3.0, 11.0),
    trend_bars=(25, 95),
    trend_height=(5.5, 17.0),
    preliminary=0.80,
    climax_volume=(2.3, 5.5),
    climax_spread=(1.7, 3.2),
    reaction_bars=(4, 14),
    test_bars=(4, 14),
    swings=(1, 6),
    swing_bars=(4, 24),
    dry=(0.5, 0.9),
    shakeout=0.30,
    shakeout_spread=(1.4, 2.7),
    spring_bars=(3, 14),
    sign_bars=(3, 10),
    sign_volume=(1.5, 3.3),
    sign_spread=(1.3, 2.4),
    last_point_bars=(3, 12),
    markup_bars=(8, 36),
    markup_height=(0.9, 2.4),
)
# Schematics that nobody could mistake: little noise, and every event as the books have it.
CLEAR = msgspec.structs.replace(
    TUNE,
    name="clear",
    stream=3,
    timeframes=("1h",),
    bar_range=(0.010, 0.012),
    season=(0.0, 0.0),
    volume_noise=(0.05, 0.1),
    effort=(0.2, 0.3),
    leg_noise=(0.1, 0.15),
    regime_change=0.0,
    missing=0.0,
    gap=0.0,
    pieces=(2, 3),
    piece_bars=(80, 120),
    failed=0.0,
    width=(6.0, 8.0),
    climax_volume=(4.0, 5.0),
    climax_spread=(2.5, 3.0),
    test_at=(0.0, 0.1),
    test_volume=(0.3, 0.5),
    swings=(3, 4),
    swing_at=(0.0, 0.15),
    shakeout=0.0,
    spring_depth=(0.1, 0.2),
    spring_volumes=((0.4, 0.6), (0.4, 0.6), (0.4, 0.6)),
    recovery_bars=(2, 3),
    sign_volume=(2.5, 3.0),
    sign_spread=(1.8, 2.2),
    sign_beyond=(0.2, 0.3),
)
SETS = {"tune": TUNE, "report": REPORT}


class Difference(msgspec.Struct, frozen=True):
    """One figure of which the sets differ."""

    parameter: str
    tune: str
    report: str


def differences() -> list[Difference]:
    """What the two sets differ in; the rest is drawn from the same."""
    one, other = msgspec.structs.asdict(TUNE), msgspec.structs.asdict(REPORT)
    return [
        Difference(name, _words(value), _words(other[name]))
        for name, value in one.items()
        if value != other[name] and name != "name"
    ]


def _words(value: object) -> str:
    return " to ".join(f"{one:g}" for one in value) if isinstance(value, tuple) else f"{value}"
