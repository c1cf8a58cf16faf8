"""A sign of strength, the jump across the creek; or of weakness, the breaking of the ice: out of the range, and away.

The creek is the resistance of an accumulation, the ice the support of a distribution.
"""

from tidemark.analysis.wyckoff.events.base import Rule, Sense
from tidemark.kernels import structure

KIND = structure.SIGN
NAME, MIRRORED = "SOS", "SOW"
TITLE, MIRRORED_TITLE = "sign of strength", "sign of weakness"
PHASES = "D"
# How far beyond the bound it closed in widths of the range, volume and spread against the usual, closes beyond so far,
# bars since the range began, how far beyond as a logarithm, 1 after a spring, width of the range in ATR.
VALUES = (
    "beyond", "volume", "spread", "closes", "built", "distance", "spring", "width", "climax_volume", "contained",
)  # fmt: skip
RULES = (
    Rule("beyond", "beyond", Sense.AT_LEAST, "close beyond the bound, in widths of the range"),
    Rule("distance", "distance", Sense.AT_LEAST, "close beyond the bound, of the price", "%"),
    Rule("volume", "volume", Sense.AT_LEAST, "volume against the usual"),
    Rule("spread", "spread", Sense.AT_LEAST, "spread against the usual"),
)
