"""The last point of support, or of supply: the pullback that holds, after the sign or, without a spring, before it."""

from tidemark.analysis.wyckoff.events.base import Rule, Sense
from tidemark.kernels import structure

KIND = structure.LAST_POINT
NAME, MIRRORED = "LPS", "LPSY"
TITLE, MIRRORED_TITLE = "last point of support", "last point of supply"
PHASES = "CD"
# How far from the bound in widths of the range (the bound that was broken, or before the sign the other one), volume
# against the usual, bars since the sign (below 0 before it), the distance as a logarithm, volume against the sign's.
VALUES = (
    "height", "volume", "bars", "distance", "sign_volume", "mean_volume", "peak", "pullback", "early", "late",
)  # fmt: skip
RULES = (
    Rule("height", "height", Sense.AT_MOST, "how far it stayed from the bound, in widths of the range"),
    Rule("depth", "height", Sense.AT_LEAST, "how far it went back through the bound (below 0), in widths"),
    Rule("distance", "distance", Sense.AT_LEAST, "how far it went back through the bound, of the price", "%"),
    Rule("volume", "volume", Sense.AT_MOST, "volume against the usual"),
    Rule("bars", "bars", Sense.AT_MOST, "bars since the sign", "bars"),
)
