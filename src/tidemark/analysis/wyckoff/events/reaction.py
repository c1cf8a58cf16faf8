"""The automatic rally, or reaction: once the pressure is gone the price turns by itself and draws the other bound."""

from tidemark.analysis.wyckoff.events.base import Rule, Sense
from tidemark.kernels import structure

KIND = structure.REACTION
NAME, MIRRORED = "AR", "AR"
TITLE, MIRRORED_TITLE = "automatic rally", "automatic reaction"
PHASES = "A"
# How far it went in ATR and as a logarithm, in how many bars, and its volume at the end against the climax.
VALUES = ("size", "move", "bars", "volume")
RULES = (
    Rule("size", "size", Sense.AT_LEAST, "how far it went", "ATR"),
    Rule("move", "move", Sense.AT_LEAST, "how far it went, of the price", "%"),
    Rule("bars", "bars", Sense.AT_MOST, "how long it took", "bars"),
    Rule("volume", "volume", Sense.AT_MOST, "volume where it ends, against the climax"),
)
