from tidemark.analysis.factors.base import Factor, Modifier, Pace, Part


def test_what_people_are_told_of_is_asked_of_every_part() -> None:
    part = {"TITLE", "PACE", "READS", "FACT"}

    assert part <= set(dir(Part))
    assert part | {"GROUP", "UNIT", "UP", "DOWN", "NEUTRAL", "value"} <= set(dir(Factor))
    assert part | {"MODIFIES", "strength"} <= set(dir(Modifier))
    assert [pace.value for pace in Pace] == ["candle", "moment"]
