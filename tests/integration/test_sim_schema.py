"""What the local exchange sends has the fields of frames recorded on the exchanges in 2026, in their order."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tidemark.sim.generator import generated
from tidemark.sim.settings import SimSettings

START_NS = 1_763_712_000_000_000_000


def shape(value: Any) -> Any:
    """Names and types; of a list, its first entry."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])]
    return type(value).__name__


def sent(venue: str, topic: str) -> Any:
    source = generated(SimSettings(venue=venue, symbols=3, rate=20_000.0), START_NS)
    while True:
        for frame in source.advance({topic}, 1.0, 0):
            return json.loads(frame[2])


@pytest.mark.parametrize(
    ("venue", "topic"),
    [
        ("bybit", "publicTrade.BTCUSDT"),
        ("bybit", "kline.1.BTCUSDT"),
        ("bybit", "allLiquidation.BTCUSDT"),
        ("binance", "btcusdt@aggTrade"),
        ("binance", "btcusdt@kline_1m"),
        ("binance", "btcusdt@bookTicker"),
        ("binance", "!forceOrder@arr"),
    ],
)
def test_a_frame_has_the_recorded_shape(recorded: Callable[[str], Path], venue: str, topic: str) -> None:
    lines = [json.loads(line) for line in recorded("ws/captured_2026_frames.jsonl").read_text().splitlines()]
    on_record = next(told for told in lines if topic in {told.get("topic"), told.get("stream")})
    expected = shape(on_record.get("data") if venue == "binance" else on_record)

    made = shape(sent(venue, topic))

    assert made == expected
    assert json.dumps(made) == json.dumps(expected)


def test_a_ticker_delta_names_only_recorded_fields(recorded: Callable[[str], Path]) -> None:
    lines = [json.loads(line) for line in recorded("ws/captured_2026_frames.jsonl").read_text().splitlines()]
    on_record = next(told for told in lines if told.get("topic") == "tickers.BTCUSDT")

    source = generated(SimSettings(venue="bybit", symbols=3, rate=200.0), START_NS)
    whole = json.loads(source.snapshot("tickers.BTCUSDT") or b"")
    made = sent("bybit", "tickers.BTCUSDT")

    assert list(made) == list(on_record)
    assert set(on_record["data"]) <= set(whole["data"])
    assert shape(made["data"]).items() <= shape(whole["data"]).items()
