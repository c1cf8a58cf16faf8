"""Units: nanoseconds, bytes and durations, read from text and written for people."""

import re

from tidemark.errors import SettingsError

MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

# "256MB" on a command line means what `free` and systemd mean by it: powers of two.
_SIZES = {
    "": 1,
    "b": 1,
    "k": KIB,
    "kb": KIB,
    "kib": KIB,
    "m": MIB,
    "mb": MIB,
    "mib": MIB,
    "g": GIB,
    "gb": GIB,
    "gib": GIB,
}
_DURATIONS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# At most fifteen digits: more cannot be meant, and would not be a finite number in the end.
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)
_NUMBER_AND_UNIT = re.compile(r"\s*(\d{1,15}(?:\.\d{1,15})?)\s*([a-zA-Z]*)\s*", re.ASCII)


def parse_whole(text: str) -> int | None:
    """The whole number that *text* writes in at most eighteen digits, as int64 holds them; None when it is none.

    What comes from outside may be of any length, and `int` takes digits of other scripts as well.

    >>> parse_whole("1764000000000"), parse_whole("-1"), parse_whole("²")
    (1764000000000, None, None)
    """
    return int(text) if _WHOLE.fullmatch(text) else None


def parse_bytes(text: str) -> int:
    """Bytes from "256MB", "1.5 GiB", "65536"; powers of two throughout.

    >>> parse_bytes("256MB")
    268435456
    """
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None or match[2].lower() not in _SIZES:
        raise SettingsError(f"size {text!r} is not understood; write a number and B, KB, MB or GB, like 256MB")
    return int(float(match[1]) * _SIZES[match[2].lower()])


def parse_seconds(text: str) -> float:
    """Seconds from "250ms", "20s", "10m", "72h", "3d".

    >>> parse_seconds("10m")
    600.0
    """
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None or match[2].lower() not in _DURATIONS:
        raise SettingsError(f"duration {text!r} is not understood; write a number and ms, s, m, h or d, like 10m")
    return float(match[1]) * _DURATIONS[match[2].lower()]


def format_bytes(count: float) -> str:
    """Bytes for people, in powers of two.

    >>> format_bytes(268435456)
    '256.0 MB'
    """
    sign, size = ("-" if count < 0 else ""), abs(count)
    for unit, scale in (("GB", GIB), ("MB", MIB), ("KB", KIB)):
        if size >= scale:
            return f"{sign}{size / scale:.1f} {unit}"
    return f"{sign}{size:.0f} B"


def format_seconds(seconds: float) -> str:
    """A duration for people, in its largest fitting unit.

    >>> format_seconds(600)
    '10m'
    >>> format_seconds(0.25)
    '250ms'
    """
    for unit, scale in (("d", 86400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0)):
        if seconds >= scale:
            return f"{seconds / scale:.4g}{unit}"
    return f"{seconds * 1000:.4g}ms"


def format_age(seconds: float) -> str:
    """An age or a length of time as people read it, to what matters of it; nobody reads it back.

    >>> [format_age(each) for each in (0.42, 43.2, 163.0, 11_100.0, 190_000.0)]
    ['0.4s', '43s', '2m43s', '3h05m', '2d4h']
    """
    whole = round(max(seconds, 0.0))
    if whole < 10:
        return f"{max(seconds, 0.0):.1f}s"
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600}h"
