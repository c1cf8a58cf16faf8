import pytest
from tests.samples import dear, held, owner, run, sample

from tidemark.live.probe import Sample
from tidemark.memory.allocator import AllocatorFigures
from tidemark.proof.explained import explained_by_allocator, explained_by_owners, explained_by_python
from tidemark.units import KIB, MIB


def test_containers_are_added_and_what_they_hold_is_not_counted_twice() -> None:
    def make(at_s: float) -> Sample:
        names = (
            held("a", int(100 + at_s), "list", each=1_000),
            held("b", int(100 + at_s), "dict", each=500),
            held("c", int(100 + at_s), "exception", each=900),
            held("d", int(100 + at_s), "dict", each=9_000, owner="gaps"),
        )
        return sample(at_s, dear=dear(*names))

    # 60 entries a minute of 1,000 and of 500 bytes; the exceptions are in them, and an owner answers for its own.
    assert explained_by_python(run(make)) == pytest.approx(60 * 1_500, rel=0.01)


def test_what_no_container_holds_counts_by_itself() -> None:
    make = lambda at_s: sample(at_s, dear=dear(held("c", int(100 + at_s), "closure", each=700)))  # noqa: E731

    assert explained_by_python(run(make)) == pytest.approx(60 * 700, rel=0.01)


def test_the_allocator_explains_what_it_holds() -> None:
    def make(at_s: float) -> Sample:
        held_bytes = 20 * MIB + int(at_s * KIB)
        return sample(at_s, allocator=AllocatorFigures(held=held_bytes, in_use=18 * MIB, mapped=0))

    assert explained_by_allocator(run(make)) == pytest.approx(60 * KIB, rel=0.01)
    assert explained_by_allocator(run(lambda at_s: sample(at_s, allocator=None))) == 0.0


def test_owners_explain_what_they_take_more_of_unless_it_was_allocated_at_the_start() -> None:
    def make(at_s: float) -> Sample:
        lines = [
            owner(kind, kind, used=int(at_s), capacity=10_000, bytes_each=KIB) for kind in ("map", "queue", "ring")
        ]
        return sample(at_s, owners=[*lines, owner("still")])

    assert explained_by_owners(run(make)) == pytest.approx(2 * 60 * KIB, rel=0.02)
