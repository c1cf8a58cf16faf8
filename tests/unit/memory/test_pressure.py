from tidemark.memory.pressure import Action, Level, Pressure
from tidemark.units import SECOND


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def action(self, name: str) -> Action:
        return Action(
            name=name,
            enter=lambda: self.lines.append(f"+{name}"),
            leave=lambda: self.lines.append(f"-{name}"),
        )


def pressure() -> tuple[Pressure, Log]:
    log = Log()
    actions = {
        Level.ELEVATED: [log.action("refuse exports"), log.action("slow pushes")],
        Level.CRITICAL: [log.action("stop")],
    }
    return Pressure(1000, actions), log


def test_below_80_percent_nothing_happens() -> None:
    p, log = pressure()
    assert p.observe(799, 0) == []
    assert (p.level, log.lines) == (Level.NORMAL, [])


def test_each_level_is_entered_at_its_mark() -> None:
    p, _ = pressure()
    levels = []
    for rss in (799, 800, 899, 900, 949, 950):
        p.observe(rss, 0)
        levels.append(p.level)
    assert levels == [
        Level.NORMAL,
        Level.ELEVATED,
        Level.ELEVATED,
        Level.HIGH,
        Level.HIGH,
        Level.CRITICAL,
    ]


def test_a_jump_runs_the_actions_of_every_level_in_order() -> None:
    p, log = pressure()
    steps = p.observe(990, 7)
    assert [(step.before, step.after, step.actions) for step in steps] == [
        (Level.NORMAL, Level.ELEVATED, ("refuse exports", "slow pushes")),
        (Level.ELEVATED, Level.HIGH, ()),
        (Level.HIGH, Level.CRITICAL, ("stop",)),
    ]
    assert log.lines == ["+refuse exports", "+slow pushes", "+stop"]
    assert all(step.at_ns == 7 and step.rss == 990 for step in steps)


def test_a_level_is_left_after_30_seconds_five_points_below_its_mark() -> None:
    p, log = pressure()
    p.observe(800, 0)
    assert p.observe(749, 10 * SECOND) == []
    assert p.observe(749, 40 * SECOND - 1) == []
    (step,) = p.observe(749, 40 * SECOND)
    assert (step.before, step.after, step.actions) == (
        Level.ELEVATED,
        Level.NORMAL,
        ("slow pushes", "refuse exports"),
    )
    assert log.lines[2:] == ["-slow pushes", "-refuse exports"]


def test_within_five_points_of_its_mark_a_level_stays() -> None:
    p, _ = pressure()
    p.observe(800, 0)
    assert p.observe(750, 100 * SECOND) == []
    assert p.observe(750, 200 * SECOND) == []
    assert p.level is Level.ELEVATED


def test_a_rise_in_between_begins_the_30_seconds_again() -> None:
    p, _ = pressure()
    p.observe(800, 0)
    p.observe(700, 1 * SECOND)
    p.observe(760, 20 * SECOND)
    p.observe(700, 25 * SECOND)
    assert p.observe(700, 54 * SECOND) == []
    assert len(p.observe(700, 55 * SECOND)) == 1


def test_a_deep_fall_leaves_every_level_at_once_when_its_time_has_passed() -> None:
    p, log = pressure()
    p.observe(990, 0)
    p.observe(300, SECOND)
    steps = p.observe(300, 31 * SECOND)
    assert [step.after for step in steps] == [Level.HIGH, Level.ELEVATED, Level.NORMAL]
    assert log.lines[3:] == ["-stop", "-slow pushes", "-refuse exports"]


def test_a_partial_fall_leaves_only_the_levels_it_is_below() -> None:
    p, _ = pressure()
    p.observe(990, 0)
    p.observe(880, SECOND)
    steps = p.observe(880, 31 * SECOND)
    assert [step.after for step in steps] == [Level.HIGH]
    assert p.level is Level.HIGH


def test_actions_are_counted_each_time_they_are_entered() -> None:
    p, _ = pressure()
    p.observe(800, 0)
    p.observe(0, SECOND)
    p.observe(0, 31 * SECOND)
    p.observe(800, 32 * SECOND)
    assert p.counts == {"refuse exports": 2, "slow pushes": 2, "stop": 0}


def test_the_history_keeps_the_latest_64_steps() -> None:
    p, _ = pressure()
    for n in range(40):
        p.observe(800, n * 100 * SECOND)
        p.observe(0, n * 100 * SECOND + SECOND)
        p.observe(0, n * 100 * SECOND + 31 * SECOND)
    assert len(p.history) == 64
    assert p.history[-1].at_ns == 3931 * SECOND
