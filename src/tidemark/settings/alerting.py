"""Who is told about signals, by which way, and how often.

A sink is written as one text: a name, where it sends to, and what is special about it, `phone ntfy://ntfy.sh/topic
severity=warning`. So one can be given in a file, in the environment and by a flag.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct

from tidemark.errors import SettingsError
from tidemark.model.notification import SEVERITIES, Happening, Severity
from tidemark.signals.rules import registry
from tidemark.sources import Seconds, Secret
from tidemark.units import parse_seconds, parse_whole

MOST_SINKS = 16
# What every notification goes to, and the words that a sink's name cannot be.
HISTORY = "history"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,29}", re.ASCII)
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
# What any sink understands; what is not among them is for the kind of sink to know.
_KNOWN = frozenset({"severity", "rules", "symbols", "digest", "rate", "quiet", "events"})
_DAY_S = 86400.0
HappeningName = Literal["raised", "entered", "target", "stopped", "expired", "invalidated", "ended"]


class Alerts(Struct, frozen=True, kw_only=True):
    """Who is told about signals, and how."""

    enabled: Annotated[bool, Meta(description="Whether anybody is told")] = True
    sinks: Annotated[
        tuple[Secret, ...],
        Meta(description="Who is told: NAME URL [OPTION=VALUE ...], such as `phone ntfy://ntfy.sh/topic rate=10`"),
    ] = ()
    events: Annotated[
        tuple[HappeningName, ...],
        Meta(description="What is told of a signal: raised, entered, target, stopped, expired, invalidated, ended"),
    ] = ("raised", "target", "stopped")
    severity: Annotated[
        tuple[str, ...],
        Meta(description="How severe it is when a rule, or one condition of it, speaks: RULE=info, RULE/NAME=critical"),
    ] = ("liquidation_cascade=critical", "feed_quality/widespread=critical", "feed_quality/memory_pressure=critical")
    window: Annotated[
        Seconds, Meta(ge=0.0, le=3600.0, description="What happens within so long is told in one notification")
    ] = 5.0
    cooldown: Annotated[
        Seconds, Meta(ge=0.0, le=86400.0, description="Between two notifications of one rule and side; it gathers on")
    ] = 120.0
    rate: Annotated[
        int, Meta(ge=1, le=3600, description="At most so many notifications an hour to a sink; the others wait")
    ] = 60
    quiet_hours: Annotated[
        str | None,
        Meta(description="When only critical ones are sent, like 22:00-07:00; the others are sent together afterwards"),
    ] = None
    time_zone: Annotated[str, Meta(min_length=1, description="Of the quiet hours, like Europe/Berlin")] = "UTC"
    max_age: Annotated[
        Seconds, Meta(ge=1.0, le=604800.0, description="What is older when it is first read is told to nobody")
    ] = 900.0
    attempts: Annotated[int, Meta(ge=1, le=100, description="So often a notification is tried at one sink")] = 12
    dead_letters: Annotated[
        int, Meta(ge=1, le=100_000, description="Of those that could not be sent at most so many are kept")
    ] = 1000
    keep: Annotated[
        Seconds, Meta(ge=86400.0, le=10 * 366 * 86400.0, description="Notifications older than that are forgotten")
    ] = 90 * 86400.0
    templates: Annotated[
        str | None, Meta(description="Folder with own `plain.txt` and `rich.html`, in the place of the built-in ones")
    ] = None
    link: Annotated[
        str | None, Meta(description="Where the dashboard is, for the links; else the address that the API serves at")
    ] = None


class Quiet(Struct, frozen=True):
    """Hours of the day in which only what is critical is sent: seconds since midnight; the end may be the next day."""

    begin_s: int
    end_s: int


class SinkSpec(Struct, frozen=True, kw_only=True):
    """One sink as the settings have it. url holds secrets. Empty `rules` and `symbols` stand for all of them.

    digest_s: collect for so long, 0 for at once. rate: notifications an hour. options: what its kind has to know.
    """

    name: str
    url: str
    severity: Severity = Severity.INFO
    rules: frozenset[str] = frozenset()
    symbols: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    digest_s: float = 0.0
    rate: int = 60
    quiet: Quiet | None = None
    options: dict[str, str] = {}  # bounded: by what the settings write

    @property
    def scheme(self) -> str:
        """What its address begins with: all that is told of it to anybody."""
        return self.url.partition(":")[0].lower()


def check(alerts: Alerts) -> tuple[SinkSpec, ...]:
    """The sinks of *alerts*, all of it read; SettingsError, which tells no address, where something is wrong."""
    zone_of(alerts)
    severities(alerts)
    if len(alerts.sinks) > MOST_SINKS:
        raise SettingsError(f"alerts.sinks names {len(alerts.sinks)}; at most {MOST_SINKS} are possible")
    specs = tuple(_spec(number, text.reveal(), alerts) for number, text in enumerate(alerts.sinks, 1))
    names = [spec.name for spec in specs]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SettingsError(f"alerts.sinks names {', '.join(repeated)} more than once; give each its own name")
    return specs


def zone_of(alerts: Alerts) -> ZoneInfo:
    """The time zone of the quiet hours."""
    try:
        return ZoneInfo(alerts.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"alerts.time_zone = {alerts.time_zone!r} is not known; write a name like Europe/Berlin or UTC"
        ) from error


def severities(alerts: Alerts) -> dict[str, Severity]:
    """How severe the rules are, and their conditions, by what the settings call them."""
    found = {}
    for text in alerts.severity:
        key, equals, word = (part.strip() for part in text.partition("="))
        if not key or not equals or word not in SEVERITIES:
            raise SettingsError(
                f"alerts.severity {text[:80]!r} is not understood; write RULE=SEVERITY with one of "
                + ", ".join(SEVERITIES)
            )
        _refuse_unknown("alerts.severity", "rule", {key.partition("/")[0]}, registry.names())
        found[key] = SEVERITIES[word]
    return found


def parse_quiet(key: str, text: str) -> Quiet:
    """The hours that *text* writes as 22:00-07:00; *key* says where it stands."""
    match = _HOURS.fullmatch(text)
    if match is None or match[1] + match[2] == match[3] + match[4]:
        raise SettingsError(f"{key} = {text[:40]!r} is not understood; write two times of the day, like 22:00-07:00")
    hours, minutes, to_hours, to_minutes = (int(part) for part in match.groups())
    return Quiet(hours * 3600 + minutes * 60, to_hours * 3600 + to_minutes * 60)


def _spec(number: int, text: str, alerts: Alerts) -> SinkSpec:
    name, _, rest = text.strip().partition(" ")
    url, *pairs = rest.split() or [""]
    where = f"alerts.sinks entry {number}"
    if _NAME.fullmatch(name) is None or name == HISTORY:
        raise SettingsError(f"{where} begins with no name; write NAME URL [OPTION=VALUE ...] with a small-letter name")
    where = f"{where} ({name})"
    if not url.partition(":")[0].replace("+", "").isalnum() or ":" not in url:
        raise SettingsError(f"{where} has no address; write NAME URL, like phone ntfy://ntfy.sh/topic")
    options: dict[str, str] = {}  # bounded: by what the settings write
    for pair in pairs:
        option, equals, value = pair.partition("=")
        if not equals or not value or not option.isidentifier() or option in options:
            raise SettingsError(f"{where}: what follows the address is OPTION=VALUE, each once, with spaces between")
        options[option] = value
    own = {option: value for option, value in options.items() if option not in _KNOWN}
    quiet = options.get("quiet", alerts.quiet_hours or "none")
    return SinkSpec(
        name=name,
        url=url,
        severity=_severity(where, options.get("severity", "info")),
        rules=_refuse_unknown(f"{where}: rules", "rule", _several(options.get("rules")), registry.names()),
        symbols=_several(options.get("symbols")),
        events=_refuse_unknown(f"{where}: events", "event", _several(options.get("events")), list(Happening)),
        digest_s=_digest(where, options.get("digest", "0s")),
        rate=_rate(where, options["rate"]) if "rate" in options else alerts.rate,
        quiet=None if quiet == "none" else parse_quiet(f"{where}: quiet", quiet),
        options=own,
    )


def _several(text: str | None) -> frozenset[str]:
    return frozenset(part for part in (text or "").split("|") if part)


def _refuse_unknown(where: str, what: str, names: AbstractSet[str], known: Sequence[str]) -> frozenset[str]:
    unknown = sorted(names - set(known))
    if unknown:
        raise SettingsError(
            f"{where} names the {what} {unknown[0][:40]!r}, which is not known; there are {', '.join(known)}"
        )
    return frozenset(names)


def _severity(where: str, word: str) -> Severity:
    if word not in SEVERITIES:
        raise SettingsError(f"{where}: severity={word[:40]} is not known; there are {', '.join(SEVERITIES)}")
    return SEVERITIES[word]


def _digest(where: str, text: str) -> float:
    try:
        seconds = parse_seconds(text)
    except SettingsError as error:
        raise SettingsError(f"{where}: digest: {error}") from error
    if seconds > _DAY_S:
        raise SettingsError(f"{where}: digest={text[:40]} is too long; it collects for a day at most")
    return seconds


def _rate(where: str, text: str) -> int:
    rate = parse_whole(text)
    if rate is None or not 1 <= rate <= 3600:
        raise SettingsError(f"{where}: rate={text[:40]} is no number from 1 to 3600 of notifications an hour")
    return rate
