"""Preliminary support, or supply: heavy trade stops the trend for the first time, and the trend goes on once more.

Source: H. Pruden, The Three Skills of Top Trading (2007), chapter 4, for this and all events here.
"""

from tidemark.analysis.wyckoff.events.base import Rule, Sense
from tidemark.kernels import structure

KIND = structure.PRELIMINARY
NAME, MIRRORED = "PS", "PSY"
TITLE, MIRRORED_TITLE = "preliminary support", "preliminary supply"
PHASES = "A"
# Volume against the usual around the pivot; how far the price came back and then went on, in ATR; bars to the climax.
VALUES = (
    "volume", "bounce", "further", "before", "mean_volume", "trend",
)  # fmt: skip
RULES = (
    Rule("volume", "volume", Sense.AT_LEAST, "volume around the low, against the usual"),
    Rule("bounce", "bounce", Sense.AT_LEAST, "how far the price came back", "ATR"),
    Rule("further", "further", Sense.AT_LEAST, "how far the trend went on after it", "ATR"),
)
