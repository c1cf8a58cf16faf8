"""What is given of an event, and that there is always room for it."""

from types import ModuleType

import numpy as np
import pytest
from tests.structures import ACCUMULATION, START, Kernel, draw, named, planted, profile
from tests.structures_kernel import each, taken

from tidemark.kernels import structure


def test_each_event_states_what_was_measured() -> None:
    given = taken(draw(START, ACCUMULATION))
    facts = {
        (kind, at): values[1:].tolist() for (_, kind, _, at, *_), values in zip(given.events, given.values, strict=True)
    }

    def of(kind: int, at: int, count: int) -> list[float]:
        return [round(one, 6) for one in facts[kind, at][:count]]

    # Volume 1.5, back from 29.875 to 32.125, on to 23.875, 16 bars before the climax.
    assert of(structure.PRELIMINARY, 20, 4) == [1.5, 2.25, 6.0, 16.0]
    # Volume, spread, from the high of 40.125, closed 1/8 above its low in a bar of 2/3 + 2/8, reaction, test on 1.2.
    assert of(structure.CLIMAX, 36, 6) == [3.0, 2.0, 16.25, round(0.125 / (2 / 3 + 0.25), 6), 6.25, 0.4]
    assert of(structure.REACTION, 44, 4) == [6.25, 6.25, 8.0, round(1 / 3, 6)]
    # Half an average range above the climax in a range of 6.25.
    assert of(structure.SECONDARY_TEST, 52, 6) == [0.08, 0.4, 8.0, 0.5, 1.2, 6.25]
    assert of(structure.SECONDARY_TEST, 72, 8) == [0.08, 0.3, 19.0, 0.5, 0.9, 6.25, 0.0, 1.0]
    # 0.625 below the ice; on volume 0.75; back with the next bar; 72 bars behind the beginning.
    assert of(structure.SPRING, 92, 6) == [0.1, 0.75, 1.0, 1.0, 72.0, 0.625]
    assert of(structure.TEST, 100, 4) == [0.18, round(0.5 / 0.75, 6), 8.0, 0.08]
    assert of(structure.SIGN, 109, 8) == [0.28, 2.0, 2.0, 2.0, 90.0, 1.75, 1.0, 6.25]
    # A quarter above the creek, nine bars after the sign, on 0.625 against its 2, 2.75 below the peak of 33.125.
    assert of(structure.LAST_POINT, 118, 5) == [0.04, 0.625, 9.0, 0.25, 0.3125]
    assert of(structure.BACKUP, 129, 3) == [0.28, 0.625, 20.0]


def test_the_pull_is_what_its_events_speak_for_and_halves_with_each_bar() -> None:
    given = taken(draw(START, ACCUMULATION))

    # Climax and test, 0.1 each; 20 bars later another one; a spring 0.4; its test; then 0.5 three times: the sign, the
    # last point, the backup.
    steps = {55: 0.2, 75: 0.1, 93: 0.4, 102: 0.4, 110: 0.5, 120: 0.5, 131: 0.5}
    pull, expected = 0.0, []
    for bar in range(len(given.pull)):
        pull = 0.5 * pull + steps.get(bar, 0.0)
        expected.append(pull)
    assert given.pull == pytest.approx(expected, abs=1e-6)


@each
def test_where_the_room_for_events_runs_out_it_goes_on_with_the_next_bar(module: ModuleType) -> None:
    drawn = planted(5)
    wide, tight = Kernel(profile(), module=module), Kernel(profile(), module=module, room=structure.MOST_EVENTS)
    whole, pieces = wide.take(drawn), tight.take(drawn)

    assert (wide.rounds, tight.rounds > 5) == (1, True)
    for one, other in zip(whole, pieces, strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(wide.state, tight.state)
    assert named(whole)


def test_no_bar_gives_more_events_than_there_is_room_kept_for() -> None:
    most = 0
    for seed in range(40):
        given = taken(planted(seed))
        most = max(most, int(np.bincount(given.events[:, 8]).max(initial=0)))

    assert 5 <= most <= structure.MOST_EVENTS
