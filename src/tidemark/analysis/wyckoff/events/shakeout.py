"""A shakeout, or an upthrust: a violent thrust through the bound, on heavy volume, that fails at once.

It comes while the cause is still being built; the terminal one, in phase C, is the spring or the upthrust after
distribution.
"""

from tidemark.analysis.wyckoff.events.base import Rule, Sense
from tidemark.kernels import structure

KIND = structure.SHAKEOUT
NAME, MIRRORED = "SHAKEOUT", "UT"
TITLE, MIRRORED_TITLE = "shakeout", "upthrust"
PHASES = "B"
# How far beyond in widths of the range, volume and spread against the usual, bars until the price was back, bars since
# the range began, how far beyond as a logarithm, secondary tests so far, how far beyond in ATR.
VALUES = (
    "depth", "volume", "spread", "bars", "built", "distance",
    "tests", "depth_atr", "most_volume", "recovered", "climax", "swings",
)  # fmt: skip
RULES = (
    Rule("volume", "volume", Sense.AT_LEAST, "volume against the usual"),
    Rule("spread", "spread", Sense.AT_LEAST, "spread against the usual"),
    Rule("bars", "bars", Sense.AT_MOST, "bars until the price was back", "bars"),
    Rule("depth", "depth", Sense.AT_MOST, "how far beyond the bound, in widths of the range"),
)
