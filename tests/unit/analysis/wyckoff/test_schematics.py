"""What a range is like: its events laid along the templates."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.analysis.wyckoff.schematics import _TEMPLATES, TEMPLATES, Likeness, Node, Seen, likest
from tidemark.kernels import structure

NAMED = [
    pytest.param(name, way, nodes, id=f"{name}-{number}")
    for number, (up, down, nodes) in enumerate(_TEMPLATES)
    for way, name in ((1, up), (-1, down))
]
each = pytest.mark.parametrize(("name", "way", "nodes"), NAMED)


def events(nodes: tuple[Node, ...], way: int = 1) -> list[Seen]:
    """A range that is the template itself, over a hundred bars; upside down where *way* is -1."""
    return [
        Seen(one.kind, one.direction * way, 100.0 * one.time, one.level if way > 0 else 1.0 - one.level)
        for one in nodes
    ]


def like(told: list[Seen], direction: int | None = None) -> Likeness:
    found = likest(told, direction)
    assert found is not None
    return found


def test_the_templates_are_named_once_and_each_has_its_mirror() -> None:
    assert set(TEMPLATES) == {name for up, down, _ in _TEMPLATES for name in (up, down)}
    assert len(set(TEMPLATES)) == len(TEMPLATES) == 6


@each
def test_each_template_recognises_itself_and_not_the_others(name: str, way: int, nodes: tuple[Node, ...]) -> None:
    found = like(events(nodes, way))

    assert (found.template, found.direction, found.score) == (name, way, 1.0)
    assert found.missing == ()
    assert [at for at, _ in found.points] == pytest.approx([100.0 * one.time for one in nodes])
    assert [level for _, level in found.points] == pytest.approx(
        [one.level if way > 0 else 1.0 - one.level for one in nodes]
    )


@each
def test_each_event_that_is_missing_costs_its_weight(name: str, way: int, nodes: tuple[Node, ...]) -> None:
    whole = sum(one.weight for one in nodes)
    told = events(nodes, way)
    for gone in range(len(nodes) - 1):
        found = like([*told[:gone], *told[gone + 1 :]], way)

        # Another template may fit what is left better; none worse.
        assert found.score >= 1.0 - nodes[gone].weight / whole - 1e-12
        assert found.template != name or found.score < 1.0


def test_without_its_test_an_accumulation_has_lost_a_tenth_and_a_bit() -> None:
    nodes = _TEMPLATES[0][2]
    whole = sum(one.weight for one in nodes)
    told = [one for one in events(nodes) if one.kind != structure.TEST]

    # 0.5 + 2 + 1 + 1 + 0.5, the spring's 2 and its test's 1, 2 + 1 + 0.5.
    assert whole == 11.5
    assert like(told).score == pytest.approx(1.0 - 1.0 / 11.5)


def test_an_event_that_no_template_has_there_costs_little() -> None:
    told = events(_TEMPLATES[0][2])
    extra = Seen(structure.SECONDARY_TEST, 1, 50.0, 0.1)

    assert like([*told[:5], extra, *told[5:]]).score == pytest.approx(1.0 - 0.15 / 11.5)


def test_order_matters() -> None:
    told = events(_TEMPLATES[0][2])

    assert like(told).score > like(told[::-1]).score
    spring_first = [told[5], *told[:5], *told[6:]]
    assert like(told).score > like(spring_first).score


def test_an_event_that_stands_elsewhere_costs_by_how_far() -> None:
    told = events(_TEMPLATES[0][2])
    spring = told[5]
    # The spring weighs 2 and is 0.3 of the width too low: 2 * 0.5 * 0.3 of 11.5.
    low = msgspec.structs.replace(spring, level=spring.level - 0.3)

    assert like([*told[:5], low, *told[6:]]).score == pytest.approx(1.0 - 0.3 / 11.5)
    # Further than the width of the range it is another thing: left out, and the template's missing.
    far = msgspec.structs.replace(spring, level=spring.level - 1.2)
    assert like([*told[:5], far, *told[6:]], 1).score < 1.0 - 2.0 / 11.5 + 1e-12


def test_time_is_warped() -> None:
    told = [msgspec.structs.replace(one, at=one.at**2) for one in events(_TEMPLATES[0][2])]

    assert like(told).score == 1.0


def test_what_is_still_to_come_is_told_in_order_and_costs_nothing_but_that_it_is_little() -> None:
    nodes = _TEMPLATES[0][2]
    found = like(events(nodes[:7]))

    assert (found.template, found.direction) == ("ACCUMULATION_1", 1)
    # 8 of 11.5 have come: half of the score and more; so nothing is lost.
    assert found.score == 1.0
    assert found.missing == ((structure.SIGN, 1), (structure.LAST_POINT, 1), (structure.BACKUP, 1))
    assert len(found.points) == 7
    first = like(events(nodes[:2]))
    # A climax and what was before it are 2.5 of 11.5 or of 10.5: of two templates that of which they are more.
    assert first.score == pytest.approx(0.5 + 2.5 / 10.5)


def test_between_two_events_the_template_is_laid_in_proportion() -> None:
    nodes = _TEMPLATES[0][2]
    told = [one for one in events(nodes) if one.kind != structure.REACTION]

    found = like(told, 1)

    # The reaction, at 0.16, between the climax at 0.08 and the test at 0.26.
    at, level = found.points[2]
    assert at == pytest.approx(16.0)
    assert level == 1.0


def test_a_range_without_events_is_like_nothing() -> None:
    assert likest([]) is None


@given(
    told=st.lists(
        st.builds(
            Seen,
            st.integers(0, structure.KINDS - 1),
            st.sampled_from([1, -1]),
            st.floats(0.0, 500.0),
            st.floats(-2.0, 3.0),
        ),
        max_size=14,
    )
)
def test_whatever_is_seen_a_score_is_a_share_and_the_mirror_is_as_like(told: list[Seen]) -> None:
    told = sorted(told, key=lambda one: one.at)
    mirrored = [Seen(one.kind, -one.direction, one.at, 1.0 - one.level) for one in told]

    found, turned = likest(told, 1), likest(mirrored, -1)

    assert (found is None) == (turned is None)
    if found is not None and turned is not None:
        assert 0.0 < found.score <= 1.0
        assert turned.score == pytest.approx(found.score, abs=1e-9)
        bars = [at for at, _ in found.points]
        assert bars == sorted(bars)
