"""How large an engine is that takes candles in the place of trades."""

import msgspec

from tidemark.engine.size import EngineSize
from tidemark.engine.sizing import Choice, engine_size, kept_timeframes
from tidemark.errors import SettingsError
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings


def size_of(settings: Settings, timeframe: Timeframe, markets: int) -> EngineSize:
    """That of an engine for *markets* whose candles of *timeframe* are there; SettingsError where they are too long.

    It keeps that timeframe and the longer ones of the settings. What trades, books and positions take is left out, and
    candles close at their ends: no print of a file is late.
    """
    longer = (one for one in kept_timeframes(settings) if one.ns > timeframe.ns and one.ns % timeframe.ns == 0)
    choice = Choice(timeframes=(timeframe, *longer), series=markets)
    size = engine_size(settings, choice, is_numbered=False)
    weighed = [] if size.weights is None else [one for one, weight in size.weights.timeframes.items() if weight > 0.0]
    if not any(one in choice.timeframes for one in weighed):
        raise SettingsError(
            f"the score is made of candles of {', '.join(one.value for one in weighed)}; those of {timeframe.value} are"
            " too long for that: give shorter ones"
        )
    return msgspec.structs.replace(size, grace_ns=0, tape_rows=1, batch_trades=1, liquidations=1, hears=False)
