from tests.samples import recording, run, sample

from tidemark.live.interpreter import Handlers, Logging
from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.log_handlers import judge
from tidemark.proof.run import Run


def with_handlers(at_s: float, *counts: int) -> Sample:
    handlers = [
        Handlers(logger="tidemark.feed", to=f"FileHandler {number}.log", count=count)
        for number, count in enumerate(counts)
    ]
    return sample(at_s, logging=Logging(handlers=handlers, queued=0, queue_limit=None))


def test_a_handler_that_stands_there_twice_is_told_at_once() -> None:
    answer = judge(Run(recording([with_handlers(0, 1, 3)])))

    assert (answer.verdict, answer.is_exact) == (Growth.VALID, True)
    assert answer.words == "logger tidemark.feed has 3 handlers to FileHandler 1.log"


def test_ever_more_different_handlers_are_told_too() -> None:
    answer = judge(run(lambda at_s: with_handlers(at_s, *[1] * int(1 + at_s / 30))))

    assert answer.verdict is Growth.VALID
    assert answer.words == "log handlers, +2 log handlers a minute"


def test_one_handler_each_is_in_order() -> None:
    assert judge(run(lambda at_s: with_handlers(at_s, 1, 1))).verdict is Growth.INVALID
