from tidemark.analysis.factors import registry
from tidemark.analysis.factors.base import Pace


def test_every_leaf_is_a_factor_or_a_modifier_of_one_pace() -> None:
    names = {one.name for one in registry.found()}
    by_pace = [{**registry.factors(pace), **registry.modifiers(pace)} for pace in Pace]

    assert set(registry.factors()) | set(registry.modifiers()) == names
    assert not set(registry.factors()) & set(registry.modifiers())
    assert sum(map(len, by_pace)) == len(names)


def test_each_component_has_factors_and_each_of_these_is_in_one_group() -> None:
    for component in registry.COMPONENTS:
        groups = registry.groups(component)
        assert groups
        listed = [name for group in groups for name in group]
        expected = {
            one.name for one in registry.found() if one.component == component and one.name in registry.factors()
        }
        assert sorted(listed) == sorted(expected)


def test_oscillators_count_once() -> None:
    assert ("cci", "rsi", "williams_r") in registry.groups("technical")
