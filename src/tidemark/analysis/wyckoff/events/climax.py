"""A selling climax, or a buying one: the trend ends in a wide bar on the heaviest volume, and turns."""

from tidemark.analysis.wyckoff.events.base import Rule, Sense
from tidemark.kernels import structure

KIND = structure.CLIMAX
NAME, MIRRORED = "SC", "BC"
TITLE, MIRRORED_TITLE = "selling climax", "buying climax"
PHASES = "A"
# Volume and spread against the usual; the trend before it and the reaction after it in ATR; where in its bar it closed,
# 1 the end it came from; volume of the first test against its own.
VALUES = (
    "volume", "spread", "trend", "position", "reaction",
    "test_volume", "test_height", "reaction_bars", "reaction_volume", "test_bars",
)  # fmt: skip
RULES = (
    Rule("volume", "volume", Sense.AT_LEAST, "volume against the usual"),
    Rule("spread", "spread", Sense.AT_LEAST, "spread against the usual"),
    Rule("trend", "trend", Sense.AT_LEAST, "the trend that it ends", "ATR"),
    Rule("position", "position", Sense.AT_LEAST, "close away from the extreme, as a part of the bar"),
    Rule("test_volume", "test_volume", Sense.AT_MOST, "volume of its first test, against its own"),
)
