"""Which finding is which event."""

from collections.abc import Sequence
from random import Random

from tests.wyckoff_truth import found, label

from tidemark.analysis.wyckoff.reading import Found
from tidemark.proof.accuracy.matching import HORIZON, MOST_PENDING, Matching, Pair, matched, tolerance
from tidemark.sim.schematics.label import Label


def counts(pairs: Sequence[Pair]) -> tuple[int, int, int]:
    """Hits, false alarms, misses."""
    hits = sum(pair.label is not None and pair.found is not None for pair in pairs)
    return hits, sum(pair.label is None for pair in pairs), sum(pair.found is None for pair in pairs)


def settled(labels: Sequence[Label], findings: Sequence[Found], step: int) -> list[Pair]:
    """What comes of a series in chunks of *step* bars."""
    matching = Matching()
    pairs: list[Pair] = []
    last = max(*(one.at for one in labels), *(one.at for one in findings)) + 1
    for begin in range(0, last, step):
        end = min(begin + step, last)
        matching.label([one for one in labels if begin <= one.at < end])
        pairs += matching.find([one for one in findings if begin <= one.confirmed < end])
        pairs += matching.settle(end)
    return [*pairs, *matching.settle(last, is_over=True)]


def test_three_bars_are_near_enough_and_four_are_not() -> None:
    labels = [(label("CLIMAX", 1, 100), 3)]

    assert counts(list(matched(labels, [found("CLIMAX", 1, 103)]))) == (1, 0, 0)
    assert counts(list(matched(labels, [found("CLIMAX", 1, 97)]))) == (1, 0, 0)
    assert counts(list(matched(labels, [found("CLIMAX", 1, 104)]))) == (0, 1, 1)


def test_a_tenth_of_a_long_range_is_near_enough() -> None:
    assert tolerance([label("CLIMAX", 1, 100), label("BACKUP", 1, 120)]) == 3
    assert tolerance([label("CLIMAX", 1, 100), label("BACKUP", 1, 259)]) == 15
    assert tolerance([]) == 3


def test_event_and_direction_have_to_be_the_same() -> None:
    labels = [(label("CLIMAX", 1, 100), 3)]

    assert counts(list(matched(labels, [found("CLIMAX", -1, 100)]))) == (0, 1, 1)
    assert counts(list(matched(labels, [found("SPRING", 1, 100)]))) == (0, 1, 1)


def test_one_finding_is_for_one_label_and_the_nearest_pair_is_taken_first() -> None:
    labels = [(label("SECONDARY_TEST", 1, 100), 5), (label("SECONDARY_TEST", 1, 104), 5)]

    one = list(matched(labels, [found("SECONDARY_TEST", 1, 103)]))
    twice = list(matched(labels[:1], [found("SECONDARY_TEST", 1, 100), found("SECONDARY_TEST", 1, 100)]))

    assert counts(one) == (1, 0, 1)
    assert one[1].found is not None
    assert counts(twice) == (1, 1, 0)


def test_chunks_of_any_size_give_what_the_whole_gives() -> None:
    random = Random(3)
    labels, findings, at = [], [], 0
    for number in range(300):
        at += random.randint(30, 400)
        for _ in range(random.randint(2, 6)):
            kind = random.choice(["CLIMAX", "SECONDARY_TEST"])
            labels.append(label(kind, 1, at, range_id=number))
            for _ in range(random.randint(0, 2)):
                near = at + random.randint(-8, 8)
                findings.append(found(kind, 1, near, near + random.randint(0, 60)))
            at += random.randint(1, 60)

    whole = sorted(map(str, settled(labels, findings, at + 200)))

    assert sorted(map(str, settled(labels, findings, 97))) == whole
    assert sorted(map(str, settled(labels, findings, 5000))) == whole
    assert len(whole) >= len(labels)


def test_nothing_waits_forever() -> None:
    matching = Matching()
    matching.label([label("CLIMAX", 1, 10)])

    assert list(matching.settle(10 + HORIZON // 2)) == []
    assert counts(list(matching.settle(20 + 2 * HORIZON))) == (0, 0, 1)


def test_what_is_confirmed_too_late_is_false() -> None:
    matching = Matching()
    matching.label([label("CLIMAX", 1, 10)])
    pairs = list(matching.settle(20 + 3 * HORIZON))

    pairs += matching.find([found("CLIMAX", 1, 10, 20 + 3 * HORIZON)])

    assert counts(pairs) == (0, 1, 1)


def test_a_detector_that_finds_without_end_takes_no_memory_without_end() -> None:
    matching = Matching()

    pairs = list(matching.find([found("CLIMAX", 1, 10)] * (MOST_PENDING + 500)))

    assert counts(pairs) == (0, 500, 0)
