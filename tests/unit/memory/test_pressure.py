from tidemark.memory.pressure import Action, Level, Pressure, Transition
from tidemark.units import SECOND


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.left: dict[str, int] = {}

    def action(self, name: str, bytes_given: int = 0, times: int = 1) -> Action:
        self.left[name] = times

        def enter() -> int | None:
            if not self.left[name]:
                return None
            self.left[name] -= 1
            self.lines.append(f"+{name}")
            return bytes_given

        def leave() -> None:
            self.left[name] += 1
            self.lines.append(f"-{name}")

        return Action(name=name, enter=enter, leave=leave)


def pressure() -> tuple[Pressure, Log]:
    log = Log()
    actions = {
        Level.ELEVATED: [log.action("exports"), log.action("pushes")],
        Level.HIGH: [log.action("30m", 20), log.action("15m", 20)],
        Level.CRITICAL: [log.action("markets", 30, times=100)],
    }
    return Pressure(1000, actions), log


def levels(steps: list[Transition]) -> list[Level]:
    return [step.after for step in steps if not step.given_up and not step.taken_back]


def test_below_80_percent_nothing_happens() -> None:
    p, log = pressure()

    assert p.observe(799, 0) == []
    assert (p.level, log.lines) == (Level.NORMAL, [])


def test_each_level_is_entered_at_its_mark() -> None:
    p, _ = pressure()
    seen = []
    for rss in (799, 800, 899, 900, 949, 950):
        p.observe(rss, 0)
        seen.append(p.level)

    assert seen == [Level.NORMAL, Level.ELEVATED, Level.ELEVATED, Level.HIGH, Level.HIGH, Level.CRITICAL]


def test_one_thing_is_given_up_at_a_time_in_the_stated_order_with_a_measurement_between() -> None:
    p, log = pressure()
    for n in range(5):
        p.observe(910, n * SECOND)
        p.observe(910, n * SECOND + SECOND // 2)

    assert log.lines == ["+exports", "+pushes", "+30m", "+15m"]
    assert p.given_up == ("exports", "pushes", "30m", "15m")


def test_nothing_is_given_up_for_a_level_that_the_process_is_below_again() -> None:
    p, log = pressure()
    p.observe(960, 0)
    for n in range(1, 5):
        p.observe(880, n * SECOND)

    assert p.level is Level.CRITICAL
    assert log.lines == ["+exports", "+pushes"]


def test_near_the_end_it_goes_faster_and_what_can_be_repeated_is() -> None:
    p, log = pressure()
    for n in range(8):
        p.observe(990, n * SECOND // 5)

    assert log.lines == ["+exports", "+pushes", "+30m", "+15m", "+markets", "+markets", "+markets", "+markets"]
    assert p.given_up[-1] == "markets"
    assert p.counts["markets"] == 4


def test_a_jump_names_every_level_on_its_way() -> None:
    p, _ = pressure()
    steps = p.observe(990, 7)

    assert levels(steps) == [Level.ELEVATED, Level.HIGH, Level.CRITICAL]
    assert [step.given_up for step in steps] == ["", "", "", "exports"]
    assert all(step.at_ns == 7 and step.rss == 990 for step in steps)


def test_what_was_given_up_comes_back_in_reverse_order_one_every_30_seconds() -> None:
    p, log = pressure()
    for n in range(3):
        p.observe(910, n * SECOND)
    del log.lines[:]
    seconds = range(3, 140)
    came_back_at = [s for s in seconds if any(step.taken_back for step in p.observe(700, s * SECOND))]

    assert log.lines == ["-30m", "-pushes", "-exports"]
    assert came_back_at == [33, 63, 93]
    assert p.given_up == ()
    assert p.returns == {"exports": 1, "pushes": 1, "30m": 1, "15m": 0, "markets": 0}


def test_what_would_bring_the_pressure_back_stays_given_up() -> None:
    p, log = pressure()
    for n in range(3):
        p.observe(910, n * SECOND)
    # 30m takes 20 again: 830 + 20 reaches the 85 % at which it would not be calm.
    for second in range(3, 300):
        p.observe(830, second * SECOND)
    assert log.lines == ["+exports", "+pushes", "+30m"]

    p.observe(829, 300 * SECOND)
    assert log.lines[3:] == ["-30m"]


def test_a_level_is_left_after_30_seconds_five_points_below_its_mark() -> None:
    p, _ = pressure()
    p.observe(800, 0)
    assert p.observe(749, 10 * SECOND) == []
    assert p.observe(749, 40 * SECOND - 1) == []
    steps = p.observe(749, 40 * SECOND)

    assert levels(steps) == [Level.NORMAL]
    assert [step.taken_back for step in steps] == ["", "exports"]


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
    assert levels(p.observe(700, 55 * SECOND)) == [Level.NORMAL]


def test_a_deep_fall_leaves_every_level_at_once_when_its_time_has_passed() -> None:
    p, _ = pressure()
    p.observe(990, 0)
    p.observe(300, SECOND)

    assert levels(p.observe(300, 31 * SECOND)) == [Level.HIGH, Level.ELEVATED, Level.NORMAL]


def test_a_partial_fall_leaves_only_the_levels_it_is_below() -> None:
    p, _ = pressure()
    p.observe(990, 0)
    p.observe(880, SECOND)

    assert levels(p.observe(880, 31 * SECOND)) == [Level.HIGH]
    assert p.level is Level.HIGH


def test_an_action_that_has_nothing_more_to_give_lets_the_next_one_come() -> None:
    log = Log()
    p = Pressure(1000, {Level.ELEVATED: [log.action("empty", times=0), log.action("full")]})

    p.observe(800, 0)

    assert log.lines == ["+full"]
    assert p.counts == {"empty": 0, "full": 1}


def test_the_history_keeps_the_latest_64_steps() -> None:
    p, _ = pressure()
    for n in range(40):
        p.observe(800, n * 100 * SECOND)
        p.observe(0, n * 100 * SECOND + SECOND)
        p.observe(0, n * 100 * SECOND + 31 * SECOND)

    assert len(p.history) == 64
    assert p.history[-1].at_ns == 3931 * SECOND
