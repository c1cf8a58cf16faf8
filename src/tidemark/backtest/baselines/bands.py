"""How far a figure may move before a backtest is no longer the same."""

import math

import msgspec

from tidemark.errors import SettingsError

# What is held against a baseline where nobody says otherwise, and how far each of it may move.
FIGURES = (
    "trips", "total_return", "annual_return", "sharpe", "sortino", "max_drawdown", "win_rate", "profit_factor",
    "expectancy",
)  # fmt: skip
DEFAULT = "1%"


class Band(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure and how far it may move. value: None where it was not defined; tolerance: see `allowed`."""

    value: float | None
    tolerance: str = DEFAULT


def allowed(tolerance: str, value: float) -> float:
    """How far *value* may move: a number in the unit of the figure, or a share of it in percent.

    SettingsError where it is neither, or below 0.

    >>> allowed("0.05", 1.6), allowed("5%", -2.0)
    (0.05, 0.1)
    """
    text = tolerance.strip()
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = math.nan
    if not 0.0 <= number < math.inf:
        raise SettingsError(f"a tolerance of {tolerance!r} is none; write a number like 0.05, or a share like 5%")
    return number / 100.0 * abs(value) if text.endswith("%") else number


def is_within(band: Band, found: float | None) -> bool:
    """Whether a figure that is *found* is within *band*; one that is not defined only where it never was."""
    if band.value is None or found is None:
        return band.value is None and found is None
    return abs(found - band.value) <= allowed(band.tolerance, band.value)


def bands_of(figures: dict[str, float | None], tolerances: dict[str, str]) -> dict[str, Band]:
    """The bands of the usual figures and of those that *tolerances* name; `all` names those that it does not.

    SettingsError for a figure that there is none of.
    """
    unknown = sorted(tolerances.keys() - figures.keys() - {"all"})
    if unknown:
        raise SettingsError(f"there is no figure {unknown[0]!r}; there are {', '.join(sorted(figures))}")
    for tolerance in tolerances.values():
        allowed(tolerance, 0.0)
    usual = tolerances.get("all", DEFAULT)
    names = [*FIGURES, *(name for name in tolerances if name not in {*FIGURES, "all"})]
    return {name: Band(value=figures[name], tolerance=tolerances.get(name, usual)) for name in names}
