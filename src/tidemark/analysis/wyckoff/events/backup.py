"""The backup to the edge of the creek, or the return to the ice: the second pullback, on to the bound itself."""

from tidemark.analysis.wyckoff.events.base import Rule, Sense
from tidemark.kernels import structure

KIND = structure.BACKUP
NAME, MIRRORED = "BU", "RTI"
TITLE, MIRRORED_TITLE = "backup to the creek", "return to the ice"
PHASES = "D"
VALUES = (
    "height", "volume", "bars", "distance", "sign_volume", "mean_volume", "peak", "pullback", "early", "late",
)  # fmt: skip
RULES = (
    Rule("height", "height", Sense.AT_MOST, "how far it stayed from the bound, in widths of the range"),
    Rule("depth", "height", Sense.AT_LEAST, "how far it went back through the bound (below 0), in widths"),
    Rule("volume", "volume", Sense.AT_MOST, "volume against the usual"),
)
