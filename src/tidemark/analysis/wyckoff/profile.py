"""The numbers by which structure is read: one versioned file a profile, in `profiles/`."""

from collections.abc import Mapping
from importlib import resources

import msgspec
import numpy as np

from tidemark.analysis.wyckoff.events.base import Event, Judged, Sense
from tidemark.analysis.wyckoff.events.registry import all_events
from tidemark.analysis.wyckoff.reading import Array
from tidemark.errors import SettingsError
from tidemark.kernels import structure

DEFAULT = "crypto"


class Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule is held against. required: whether the event depends on it; else it is only told."""

    at: float
    required: bool = True


class Confidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How sure an event is: a logistic function of its values, then what was measured of it, step by step.

    constant: of the log-odds. weights: by value of the event: its middle, its scale, the weight of its distance from
    the middle in scales, cut at 3, and that of the square. least: with lower log-odds the event is not given. steps:
    log-odds, and the share of such events that were planted ones, both rising; between them straight lines.
    """

    constant: float
    weights: Mapping[str, tuple[float, float, float, float]]
    least: float
    steps: tuple[tuple[float, float], ...]

    def of(self, odds: float) -> float:
        """The share of events with these log-odds that were planted ones, where it was measured."""
        at, shares = zip(*self.steps, strict=True)
        return float(np.interp(odds, at, shares))


class Phases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How phases follow each other, as counted on the truth.

    follows: by phase A to E, how likely each of them is that of the next bar. seen: by phase, how likely the range is
    seen in each way; see kernels.structure.
    """

    follows: tuple[tuple[float, ...], ...]
    seen: tuple[tuple[float, ...], ...]


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A profile file. rules and confidence: by the event's file name; a rule without a threshold is off.

    jump: from so many bars of a range on, its target is so many times its width beyond the bound that was broken; none
    where it is only counted. has_volume: whether the volume of such markets tells anything.
    """

    name: str
    version: str
    asset_class: str
    about: str
    parameters: Mapping[str, float]
    rules: Mapping[str, Mapping[str, Threshold]]
    confidence: Mapping[str, Confidence] = {}  # bounded: as many as there are events
    phases: Phases | None = None
    jump: tuple[tuple[int, float], ...] = ()
    has_volume: bool = True

    def parameter_row(self) -> Array:
        """The parameters in the order of the kernel, float64."""
        return np.array([self.parameters[name] for name in structure.PARAMETERS], np.float64)

    def rule_table(self) -> tuple[Array, Array]:
        """The rules as the kernel takes them: (KINDS, MOST_RULES, RULE), and how many each kind has (KINDS,) int32."""
        table = np.zeros((structure.KINDS, structure.MOST_RULES, structure.RULE))
        counts = np.zeros(structure.KINDS, np.int32)
        for name, event in all_events().items():
            told = self.rules.get(name, {})
            for rule in event.RULES:
                if rule.name in told:
                    sign = 1.0 if rule.sense is Sense.AT_LEAST else -1.0
                    threshold = told[rule.name]
                    table[event.KIND, counts[event.KIND]] = (
                        event.VALUES.index(rule.value), sign, threshold.at, threshold.required
                    )  # fmt: skip
                    counts[event.KIND] += 1
        return table, counts

    def odds_table(self) -> Array:
        """What log-odds are made of, as the kernel takes it: (KINDS, ODDS)."""
        table = np.zeros((structure.KINDS, structure.ODDS))
        table[:, 0] = -np.inf
        for name, event in all_events().items():
            told = self.confidence.get(name)
            if told is None:
                continue
            table[event.KIND, :2] = told.least, told.constant
            for value, weights in told.weights.items():
                begin = 2 + 4 * event.VALUES.index(value)
                table[event.KIND, begin : begin + 4] = weights
        return table

    def likely_table(self) -> Array:
        """How likely phases are, as the kernel takes it: (PHASES + SEEN, PHASES)."""
        table = np.zeros((structure.PHASES + structure.SEEN, structure.PHASES))
        if self.phases is not None:
            table[: structure.PHASES] = self.phases.follows
            table[structure.PHASES :] = np.array(self.phases.seen).T
        return table

    def judge(self, name: str, event: Event, values: Array) -> list[Judged]:
        """Each rule of an event with these values, in the order of its file."""
        told = self.rules.get(name, {})
        judged = []
        for rule in event.RULES:
            if rule.name not in told:
                continue
            threshold, measured = told[rule.name], float(values[event.VALUES.index(rule.value)])
            passed = measured >= threshold.at if rule.sense is Sense.AT_LEAST else measured <= threshold.at
            judged.append(
                Judged(
                    rule=rule.name, text=rule.text, measured=measured, sense=rule.sense.value, threshold=threshold.at,
                    unit=rule.unit, passed=passed, required=threshold.required,
                )
            )  # fmt: skip
        return judged


def names() -> list[str]:
    """The profiles that there are."""
    folder = resources.files(__package__) / "profiles"
    return sorted(one.name.removesuffix(".json") for one in folder.iterdir() if one.name.endswith(".json"))


def load(name: str = DEFAULT) -> Profile:
    """A profile by its name; SettingsError where there is none or it does not say all that it has to."""
    if name not in names():
        raise SettingsError(f"profile {name!r} is none; there are {', '.join(names())}")
    data = (resources.files(__package__) / "profiles" / f"{name}.json").read_bytes()
    return check(msgspec.json.decode(data, type=Profile))


def check(profile: Profile) -> Profile:
    """The same profile; SettingsError where a parameter, an event or a rule is missing or unknown."""
    missing = set(structure.PARAMETERS) ^ set(profile.parameters)
    if missing:
        raise SettingsError(f"profile {profile.name!r}: parameters {sorted(missing)} are missing or unknown")
    events = all_events()
    for name, rules in profile.rules.items():
        if name not in events:
            raise SettingsError(f"profile {profile.name!r}: rules.{name} is no event; there are {', '.join(events)}")
        unknown = set(rules) - {rule.name for rule in events[name].RULES}
        if unknown:
            raise SettingsError(f"profile {profile.name!r}: rules.{name} has no rule {sorted(unknown)}")
    return profile
