"""Numbers on a page are the texts of Python, digit by digit."""

from hypothesis import example, given
from hypothesis import strategies as st

from tidemark.kernels.page import Page, digits_of


def written(value: float, decimals: int) -> str:
    page = Page(0)
    page.figure(value, decimals)
    return page.take().decode()


@given(value=st.floats(allow_nan=False, allow_infinity=False), decimals=st.integers(0, 24))
@example(value=0.5, decimals=0)
@example(value=4503599627370496.5, decimals=0)
@example(value=2.675, decimals=2)
def test_any_number(value: float, decimals: int) -> None:
    assert written(value, decimals) == f"{value:.{decimals}f}"


@given(
    ticks=st.integers(0, 2**53),
    scale=st.sampled_from([(10.0**-k * m, k) for k in range(10) for m in (1, 5)] + [(10.0**k, 0) for k in range(5)]),
)
def test_any_price(ticks: int, scale: tuple[float, int]) -> None:
    step, decimals = scale

    assert written(ticks * step, decimals) == f"{ticks * step:.{decimals}f}"


@given(halves=st.integers(0, 2**40), decimals=st.integers(0, 6))
def test_numbers_half_way_between_two(halves: int, decimals: int) -> None:
    value = (halves + 0.5) / 10**decimals

    assert written(value, decimals) == f"{value:.{decimals}f}"
    assert digits_of(value, decimals) == int(f"{value:.{decimals}f}".replace(".", ""))
