"""The numbers of structure, in both of their files."""

import re
from pathlib import Path

from tidemark.kernels import structure_columns as c

DECLARED = Path(c.__file__).with_suffix(".pxd").read_text()


def test_compiled_kernels_see_the_same_numbers() -> None:
    declared = {name: int(number) for name, number in re.findall(r"(\w+) = (\d+)", DECLARED)}

    assert declared == {name: number for name, number in vars(c).items() if isinstance(number, int)}


def test_every_parameter_has_the_number_of_its_place() -> None:
    assert [getattr(c, name.upper()) for name in c.PARAMETERS] == list(range(len(c.PARAMETERS)))


def test_no_part_of_the_state_reaches_into_the_next() -> None:
    parts = (
        (c.EXTREMES, 2 * c.BLOCKS), (c.COARSE, c.PIVOTS + c.PIVOT * c.KEPT_PIVOTS),
        (c.FINE, c.PIVOTS + c.PIVOT * c.KEPT_PIVOTS), (c.CANDIDATES, 2 * c.CANDIDATE),
        (c.RANGES, c.MOST_RANGES * c.RANGE), (c.PULL, 1),
    )  # fmt: skip
    ends = [begin + width for begin, width in parts]

    assert [*ends[:-1], c.WIDTH] == [*(begin for begin, _ in parts[1:]), ends[-1]]
    assert c.SIDES + 2 * c.SIDE == c.RANGE
    assert max(c.LIKELY + c.PHASES, c.SEEN_AS + 1) <= c.SIDES
