"""What a file of an event says, and how its values are held against a profile."""

from enum import Enum
from typing import Protocol

import msgspec


class Sense(Enum):
    """On which side of its threshold a value has to be; the value is how it is written."""

    AT_LEAST = ">="
    AT_MOST = "<="


class Rule(msgspec.Struct, frozen=True, gc=False):
    """One rule of an event: which of its values is held against the threshold that a profile has under `name`.

    text: what it asks for, in words; unit: of value and threshold, "" for none, "%" where both are logarithms.
    """

    name: str
    value: str
    sense: Sense
    text: str
    unit: str = ""


class Event(Protocol):
    """A file in this folder."""

    # The kernel's number, and the names as support is tested (+1) and, mirrored, resistance (-1).
    KIND: int
    NAME: str
    MIRRORED: str
    TITLE: str
    MIRRORED_TITLE: str
    # The phase to which it belongs, where it does to one.
    PHASES: str
    # Names of the values that the kernel gives, in order.
    VALUES: tuple[str, ...]
    RULES: tuple[Rule, ...]


class Judged(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A rule held against what was measured. required: whether the event depends on it."""

    rule: str
    text: str
    measured: float
    sense: str
    threshold: float
    unit: str
    passed: bool
    required: bool
