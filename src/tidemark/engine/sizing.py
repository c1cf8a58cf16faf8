"""From settings to the size of an engine: what is kept, for how many markets, and by which numbers it judges."""

from itertools import pairwise

import msgspec

from tidemark.analysis.analysis import Weights
from tidemark.analysis.regime import Regime
from tidemark.analysis.wyckoff import profile
from tidemark.analysis.wyckoff.live import StructureSize
from tidemark.engine.intake import BATCH_TRADES
from tidemark.engine.size import EngineSize
from tidemark.errors import SettingsError
from tidemark.market.freshness import Limits
from tidemark.model.book import BookRules
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.signals.signals import SignalsSize
from tidemark.units import SECOND, format_seconds


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan decides: which timeframes are kept, and for how many markets there are slots.

    book_depth: levels of each side of a book that stay known, 0 without books, which follow book_rules.
    """

    timeframes: tuple[Timeframe, ...]
    series: int
    book_depth: int = 0
    book_rules: BookRules | None = None


def kept_timeframes(settings: Settings) -> tuple[Timeframe, ...]:
    """The timeframes that the settings name, from short to long; SettingsError where they do not fit each other."""
    names = settings.candles.timeframes
    timeframes = tuple(timeframe for timeframe in Timeframe if timeframe.value in names)
    for shorter, longer in pairwise(timeframes):
        if longer.ns % shorter.ns:
            raise SettingsError(
                f"candles.timeframes: {longer.value} is not a whole number of {shorter.value}; name one between them"
            )
    grace_ns = settings.candles.grace * SECOND
    if grace_ns > 2 * timeframes[0].ns:
        raise SettingsError(
            f"candles.grace is {format_seconds(settings.candles.grace)}; with {timeframes[0].value} candles it is at"
            f" most {format_seconds(2 * timeframes[0].ns / SECOND)}"
        )
    return timeframes


def engine_size(settings: Settings, choice: Choice, *, is_numbered: bool, opens_at_close: bool = False) -> EngineSize:
    """The size of the engine for *choice*. opens_at_close: how the exchange's candles open, see Venue."""
    return EngineSize(
        series=choice.series,
        retention={timeframe: settings.candles.retention.rows(timeframe.value) for timeframe in choice.timeframes},
        tape_rows=settings.tape.trades_per_symbol,
        is_numbered=is_numbered,
        batch_trades=BATCH_TRADES,
        grace_ns=int(settings.candles.grace * SECOND),
        book_depth=choice.book_depth,
        book_rules=choice.book_rules,
        liquidations=settings.derivatives.liquidations_per_symbol,
        freshness=Limits(
            floor_ns=int(settings.freshness.floor * SECOND),
            factor=settings.freshness.factor,
            startup_ns=int(settings.freshness.startup * SECOND),
        ),
        opens_at_close=opens_at_close,
        weights=weights(settings) if settings.analysis.enabled else None,
        signals=_signals_size(settings, choice.series),
        structure=structure_size(settings),
    )


def has_signals(settings: Settings) -> bool:
    """What is not scored is not signalled."""
    return settings.analysis.enabled and settings.signals.enabled


def _signals_size(settings: Settings, series: int) -> SignalsSize | None:
    if not has_signals(settings):
        return None
    defaults, overrides = settings.ruled()
    return SignalsSize(
        series=series,
        parameters=defaults,
        overrides=overrides,
        costs=settings.signals.costs,
        capacity=settings.signals.capacity,
        seed=settings.signals.seed,
    )


def structure_size(settings: Settings) -> StructureSize | None:
    """In which timeframes structure is read, and by which numbers; None where it is not."""
    if not (settings.analysis.enabled and settings.wyckoff.enabled):
        return None
    return StructureSize(
        profile=profile.load(settings.wyckoff.profile),
        timeframes=tuple(Timeframe(one) for one in settings.wyckoff.timeframes),
        signals=Timeframe(settings.wyckoff.signals),
    )


def weights(settings: Settings) -> Weights:
    """How the settings weigh what makes a score."""
    by_timeframe = settings.analysis.timeframes.named()
    regime = settings.analysis.regime
    by_regime = {
        Regime.TREND_UP: regime.trend,
        Regime.TREND_DOWN: regime.trend,
        Regime.RANGE: regime.range,
        Regime.VOLATILE: regime.volatile,
        Regime.ILLIQUID: regime.illiquid,
    }
    return Weights(
        components=msgspec.structs.asdict(settings.analysis.weights),
        timeframes={timeframe: by_timeframe[timeframe.value] for timeframe in Timeframe},
        regime=Timeframe(regime.timeframe),
        scales={one: msgspec.structs.asdict(scales) for one, scales in by_regime.items()},
    )
