"""The numbers of the broker, in both of their files."""

import re
from pathlib import Path

from tidemark.kernels import broker_columns as c

DECLARED = Path(c.__file__).with_suffix(".pxd").read_text()


def test_compiled_kernels_see_the_same_numbers() -> None:
    declared = {name: int(number) for name, number in re.findall(r"(\w+) = (\d+)", DECLARED)}
    defined = {
        name: float(value.removesuffix("LL")) for name, value in re.findall(r"#define TIDEMARK_(\w+) (.+)", DECLARED)
    }

    assert declared | defined == {
        name: number for name, number in vars(c).items() if isinstance(number, (int, float)) and name.isupper()
    }


def test_what_has_a_name_has_the_number_of_its_place() -> None:
    assert [getattr(c, name.upper()) for name in c.KINDS] == list(range(len(c.KINDS)))
    assert [getattr(c, name.upper()) for name in c.SIZINGS] == list(range(len(c.SIZINGS)))
    flags = [c.REDUCE_ONLY, c.TO_TARGET, c.FRACTION, c.POST_ONLY, c.CLOSE]
    assert flags == [1 << place for place in range(len(c.FLAGS))]
    for name in ("taker", "lot_div", "least_value", "slip_most", "funding_rate"):
        assert getattr(c, name.upper()) == c.RULES.index(name)
