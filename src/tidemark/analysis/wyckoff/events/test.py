"""The test of a spring, or of an upthrust: back towards it, on less volume, and not as far."""

from tidemark.analysis.wyckoff.events.base import Rule, Sense
from tidemark.kernels import structure

KIND = structure.TEST
NAME, MIRRORED = "TEST", "TEST"
TITLE, MIRRORED_TITLE = "test of the spring", "test of the upthrust"
PHASES = "C"
# How far from the spring in widths of the range, volume against the spring's, bars since the spring, how far from the
# bound in widths, volume against the usual.
VALUES = (
    "above", "volume", "bars", "height", "own_volume", "mean_volume",
)  # fmt: skip
RULES = (
    Rule("above", "above", Sense.AT_LEAST, "how far it stayed from the spring, in widths of the range"),
    Rule("height", "height", Sense.AT_MOST, "how far it stayed from the bound, in widths of the range"),
    Rule("volume", "volume", Sense.AT_MOST, "volume against that of the spring"),
    Rule("bars", "bars", Sense.AT_LEAST, "bars since the spring", "bars"),
)
