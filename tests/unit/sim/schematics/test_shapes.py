"""What is planted has the events of its template, in their order, where they belong."""

import numpy as np
import pytest

from tidemark.sim.schematics.parameters import REPORT, TUNE, Parameters
from tidemark.sim.schematics.path import Mark
from tidemark.sim.schematics.shapes import Planter, Shape

SEEDS = range(40)


def planted(name: str, seed: int, parameters: Parameters = TUNE) -> Shape:
    return Planter(np.random.default_rng(seed), parameters).template(name)


def of(shape: Shape, event: str) -> Mark:
    return next(mark for mark in shape.course.marks if mark.event == event)


@pytest.mark.parametrize("parameters", [TUNE, REPORT], ids=lambda one: one.name)
@pytest.mark.parametrize("name", ["ACCUMULATION_1", "ACCUMULATION_2", "RE_ACCUMULATION"])
def test_events_and_phases_come_in_order(name: str, parameters: Parameters) -> None:
    for seed in SEEDS:
        shape = planted(name, seed, parameters)
        at = [mark.at for mark in shape.course.marks]

        assert at == sorted(at)
        assert len(set(at)) == len(at)
        assert [phase for phase, _ in shape.course.phases] == list("ABCDE")
        begins = [begin for _, begin in shape.course.phases]
        assert begins == sorted(begins)
        for mark in shape.course.marks:
            assert mark.phase == max((begin, phase) for phase, begin in shape.course.phases if begin <= mark.at)[1]
        assert shape.end == shape.course.bars > begins[-1]


def test_accumulation_begins_with_a_decline_and_tests_support() -> None:
    shape = planted("ACCUMULATION_1", 2)

    assert shape.course.knots[0][1] > 4.0
    assert {mark.direction for mark in shape.course.marks if mark.event != "SHAKEOUT"} == {1}
    assert of(shape, "CLIMAX").level == 0.0
    assert of(shape, "REACTION").level == shape.width
    assert of(shape, "SIGN_OF_STRENGTH").level >= shape.width * 1.1 - 1e-9


def test_reaccumulation_begins_with_an_advance_and_leaves_upward() -> None:
    shape = planted("RE_ACCUMULATION", 2)

    assert shape.course.knots[0][1] < -2.0
    assert (of(shape, "CLIMAX").direction, of(shape, "CLIMAX").level) == (-1, shape.width)
    assert (of(shape, "REACTION").direction, of(shape, "REACTION").level) == (-1, 0.0)
    assert of(shape, "SIGN_OF_STRENGTH").direction == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_spring_pierces_support_and_its_test_holds_above_it(seed: int) -> None:
    shape = planted("ACCUMULATION_1", seed)
    spring, test = of(shape, "SPRING"), of(shape, "TEST")
    told = {one.at: one for one in shape.course.told}

    assert -0.25 * shape.width <= spring.level <= -0.05 * shape.width
    assert spring.level < test.level <= 0.3 * shape.width
    assert 3 <= test.at - spring.at <= 12
    assert told[test.at].volume <= 0.8 * told[spring.at].volume
    assert spring.note in {"type 1", "type 2", "type 3"}


def test_the_second_schematic_has_a_last_point_in_the_place_of_a_spring() -> None:
    for seed in SEEDS:
        shape = planted("ACCUMULATION_2", seed)
        kinds = [mark.event for mark in shape.course.marks]

        assert "SPRING" not in kinds
        assert kinds.index("LAST_POINT") < kinds.index("SIGN_OF_STRENGTH")
        assert 0.2 * shape.width <= of(shape, "LAST_POINT").level <= 0.5 * shape.width


def test_the_climax_has_the_volume_of_one_and_its_test_has_less() -> None:
    for seed in SEEDS:
        shape = planted("ACCUMULATION_2", seed)
        told = {one.at: one for one in shape.course.told}
        climax = told[of(shape, "CLIMAX").at]

        assert 2.5 <= climax.volume <= 5.0
        assert 1.8 <= climax.high - climax.low <= 3.0
        assert 0.4 <= told[of(shape, "SECONDARY_TEST").at].volume / climax.volume <= 0.75


def test_what_fails_leaves_on_the_other_side_or_fades() -> None:
    ends, signs = set(), 0
    for seed in range(60):
        shape = Planter(np.random.default_rng(seed), TUNE).failure()
        ends.add(shape.course.height > shape.width / 2)
        marks = [mark for mark in shape.course.marks if mark.event == "SIGN_OF_STRENGTH"]
        signs += len(marks)

        assert shape.template == "FAILED_ACCUMULATION"
        assert {mark.direction for mark in marks} <= {-1}
        assert all(mark.level < 0 for mark in marks)
        assert not 0.0 <= shape.course.height <= shape.width

    assert ends == {True, False}
    assert 10 < signs < 40


def test_some_have_a_shakeout_and_it_comes_before_the_cause_is_built() -> None:
    shapes = [planted("ACCUMULATION_1", seed) for seed in range(80)]
    shaken = [shape for shape in shapes if any(mark.event == "SHAKEOUT" for mark in shape.course.marks)]

    assert 8 <= len(shaken) <= 32
    for shape in shaken:
        mark = of(shape, "SHAKEOUT")
        phases = dict(shape.course.phases)
        assert mark.level < 0 if mark.direction > 0 else mark.level > shape.width
        assert phases["B"] < mark.at < phases["C"]
