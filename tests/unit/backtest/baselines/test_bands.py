import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.backtest.baselines import bands
from tidemark.backtest.baselines.bands import DEFAULT, FIGURES, Band, allowed, bands_of, is_within
from tidemark.errors import SettingsError

values = st.floats(-1e9, 1e9)
widths = st.floats(0.0, 1e6)


def test_its_examples_are_true() -> None:
    assert doctest.testmod(bands).failed == 0


@given(values, widths, st.booleans())
def test_what_did_not_move_is_within_every_band(value: float, width: float, is_share: bool) -> None:
    assert is_within(Band(value=value, tolerance=f"{width}{'%' * is_share}"), value)


@given(values, values, widths)
def test_a_band_is_as_wide_as_it_says_on_both_sides(value: float, found: float, width: float) -> None:
    band = Band(value=value, tolerance=repr(width))

    assert is_within(band, found) == (abs(found - value) <= width)
    assert is_within(Band(value=-value, tolerance=repr(width)), -found) == is_within(band, found)


@given(values, values, widths, widths)
def test_a_wider_band_takes_whatever_a_narrower_one_does(value: float, found: float, one: float, other: float) -> None:
    narrow, wide = sorted((one, other))

    if is_within(Band(value=value, tolerance=f"{narrow}%"), found):
        assert is_within(Band(value=value, tolerance=f"{wide}%"), found)


@given(values, widths)
def test_a_share_is_one_of_the_value_whatever_its_sign(value: float, share: float) -> None:
    wide = allowed(f"{share}%", value)

    assert wide == allowed(f" {share}% ", -value)
    assert math.isclose(wide, share / 100.0 * abs(value))


def test_what_is_not_defined_is_within_only_where_it_never_was() -> None:
    assert is_within(Band(value=None), None)
    assert not is_within(Band(value=None, tolerance="1000"), 0.0)
    assert not is_within(Band(value=0.0, tolerance="1000"), None)


@pytest.mark.parametrize("text", ["", "%", "wide", "-1", "-5%", "nan", "inf", "1e999", "5%%"])
def test_what_is_no_tolerance_is_told(text: str) -> None:
    with pytest.raises(SettingsError, match=r"is none; write a number like 0\.05"):
        allowed(text, 1.0)


def test_the_usual_figures_have_bands_and_those_that_are_named() -> None:
    figures: dict[str, float | None] = dict.fromkeys((*FIGURES, "skew"), 2.0)
    made = bands_of(figures, {"sharpe": "0.05", "skew": "1"})

    assert list(made) == [*FIGURES, "skew"]
    assert (made["sharpe"].tolerance, made["skew"].tolerance, made["trips"].tolerance) == ("0.05", "1", DEFAULT)
    assert {band.tolerance for band in bands_of(figures, {"all": "3%"}).values()} == {"3%"}


@pytest.mark.parametrize("given", [{"sharp": "1"}, {"sharpe": "wide"}, {"all": "-1"}])
def test_a_figure_or_a_band_that_there_is_none_of_is_told(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"there is no figure 'sharp'|a tolerance of"):
        bands_of(dict.fromkeys(FIGURES, 1.0), given)
