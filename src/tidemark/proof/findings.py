"""What an audit finds: a verdict for each hypothesis, and the suspects that it names."""

import msgspec

from tidemark.memory.growth import Growth
from tidemark.units import format_bytes

# What explains less than this of the growth is not its cause.
LEAST_SHARE = 0.1


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a name that becomes more.

    `per_minute` entries, or whatever `what` counts; `bytes_per_minute` what they take; `most_bytes_per_minute` the
    largest rate that the run allows for. `share`: of the growth of the process, None where that is not known.
    """

    name: str
    what: str
    per_minute: float
    bytes_per_minute: float
    most_bytes_per_minute: float
    share: float | None = None

    @property
    def is_too_small(self) -> bool:
        """Whether even its largest possible rate is under a tenth of the growth: then it is not the cause."""
        if self.share is None:
            return False
        if self.bytes_per_minute <= 0:
            return self.most_bytes_per_minute <= 0
        return self.share * self.most_bytes_per_minute / self.bytes_per_minute < LEAST_SHARE

    def __str__(self) -> str:
        """One line for people."""
        share = "" if self.share is None else f", {min(self.share, 9.99):.0%} of the growth"
        taken = f", {format_bytes(self.bytes_per_minute)} a minute" if self.bytes_per_minute else ""
        return f"{self.name}, {self.per_minute:+,.0f} {self.what} a minute{taken}{share}"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one hypothesis.

    VALID: what `claim` says is so. `words` is one line that says why; `figures` are what it rests on. `is_exact`: it
    needs no statistics, and holds for the shortest run. `took_ms`: the time that the judgement needed.
    """

    hypothesis: str
    claim: str
    verdict: Growth
    words: str
    figures: dict[str, float] = msgspec.field(default_factory=dict)  # bounded: by what a hypothesis tells
    suspects: tuple[Suspect, ...] = ()
    is_exact: bool = False
    took_ms: float = 0.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a hypothesis gives; the audit adds its name, its claim and the time."""

    verdict: Growth
    words: str
    figures: dict[str, float] = msgspec.field(default_factory=dict)  # bounded: by what a hypothesis tells
    suspects: tuple[Suspect, ...] = ()
    is_exact: bool = False
