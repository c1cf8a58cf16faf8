"""A spring, or an upthrust after distribution: the bound gives way, nobody follows, and the price is back soon.

Of type 1 on heavy volume, 2 on moderate, 3 on little.
"""

from tidemark.analysis.wyckoff.events.base import Rule, Sense
from tidemark.kernels import structure

KIND = structure.SPRING
NAME, MIRRORED = "SPRING", "UTAD"
TITLE, MIRRORED_TITLE = "spring", "upthrust after distribution"
PHASES = "C"
VALUES = (
    "depth", "volume", "spread", "bars", "built", "distance",
    "tests", "depth_atr", "most_volume", "recovered", "climax", "swings",
)  # fmt: skip
RULES = (
    Rule("depth", "depth", Sense.AT_MOST, "how far beyond the bound, in widths of the range"),
    Rule("distance", "distance", Sense.AT_MOST, "how far beyond the bound, of the price", "%"),
    Rule("volume", "volume", Sense.AT_MOST, "volume against the usual"),
    Rule("bars", "bars", Sense.AT_MOST, "bars until the price was back", "bars"),
    Rule("built", "built", Sense.AT_LEAST, "bars in which the cause was built", "bars"),
)
