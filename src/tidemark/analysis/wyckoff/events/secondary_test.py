"""A secondary test: the price comes back to the climax, on less volume, and holds."""

from tidemark.analysis.wyckoff.events.base import Rule, Sense
from tidemark.kernels import structure

KIND = structure.SECONDARY_TEST
NAME, MIRRORED = "ST", "ST"
TITLE, MIRRORED_TITLE = "secondary test", "secondary test"
PHASES = "AB"
# How far from the climax in widths of the range, volume against the climax, bars since the turn before it, the distance
# as a logarithm, volume against the usual, width of the range in ATR.
VALUES = (
    "height", "volume", "bars", "distance", "own_volume", "width", "is_first", "tests", "mean_volume",
)  # fmt: skip
RULES = (
    Rule("height", "height", Sense.AT_MOST, "how far it stayed from the climax, in widths of the range"),
    Rule("depth", "height", Sense.AT_LEAST, "how far it went beyond the climax (below 0), in widths"),
    Rule("volume", "volume", Sense.AT_MOST, "volume against that of the climax"),
    Rule("distance", "distance", Sense.AT_MOST, "distance from the climax, of the price", "%"),
)
