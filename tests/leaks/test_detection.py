"""Every planted leak is named, and a process without one is clean. The whole table: `make selftest`."""

import pytest
from tests.leaks.detection import FIRST, examine, place_of
from tests.leaks.planted import LEAKS, PLANTS, nothing

from tidemark.memory.growth import Growth


@pytest.mark.parametrize(("leak", "culprit"), [(plant.__name__, culprit) for plant, culprit in LEAKS])
def test_the_culprit_of_a_planted_leak_is_named(leak: str, culprit: str) -> None:
    report = examine(leak)

    assert report.verdict is Growth.VALID, report.summary
    place = place_of(culprit, report)
    assert place is not None, [str(suspect) for suspect in report.ranked]
    assert place <= FIRST


def test_a_process_without_a_leak_is_clean() -> None:
    report = examine(nothing.__name__)

    assert report.verdict is Growth.INVALID, report.summary
    assert [finding.hypothesis for finding in report.findings if finding.verdict is Growth.VALID] == []
    assert report.ranked == ()
    assert not report.is_void


def test_there_are_ten_leaks() -> None:
    assert len(LEAKS) == 10
    assert set(PLANTS) == {"nothing", *(plant.__name__ for plant, _ in LEAKS)}
