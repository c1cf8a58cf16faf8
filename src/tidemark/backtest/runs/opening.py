"""The data of a request: candles, or a recording."""

from pathlib import Path

from tidemark.backtest.data.cache import Cache
from tidemark.backtest.runs.candles import Candles
from tidemark.backtest.runs.recording import Recording, is_recording
from tidemark.backtest.runs.request import Request
from tidemark.backtest.runs.source import Source


def opened(request: Request, cache: Cache | None = None) -> Source:
    """What *request* is to be run over; DataError, CaptureError or SettingsError where there is no such thing.

    cache: see candles.Candles.
    """
    if is_recording(Path(request.data)):
        return Recording.open(request)
    return Candles.open(request, cache)
