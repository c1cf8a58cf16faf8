import pytest
from tests.samples import dear, recording, run, sample

from tidemark.live.descriptors import SocketBuffers
from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.socket_buffers import judge
from tidemark.proof.run import Run
from tidemark.units import KIB


def with_buffers(at_s: float, **waiting: int) -> Sample:
    figures = {"sockets": 2, "kernel_in": 0, "kernel_out": 0, "fullest": 0, "transports": 1, "library": 0} | waiting
    return sample(at_s, anonymous=50e6 + at_s * 1_000 * KIB / 60, dear=dear(sockets=SocketBuffers(**figures)))


@pytest.mark.parametrize(
    ("buffer", "name"),
    [
        ("kernel_in", "the kernel's receive buffers"),
        ("kernel_out", "the kernel's send buffers"),
        ("library", "the write buffers of the libraries"),
    ],
)
def test_the_buffers_that_fill_are_named(buffer: str, name: str) -> None:
    answer = judge(run(lambda at_s: with_buffers(at_s, **{buffer: int(at_s * 10 * KIB)})))

    assert answer.verdict is Growth.VALID
    assert answer.suspects[0].name == name


def test_buffers_that_stay_are_told_with_what_waits() -> None:
    answer = judge(run(lambda at_s: with_buffers(at_s, kernel_in=2048)))

    assert answer.verdict is Growth.INVALID
    assert answer.words == "2 sockets; 2.0 KB to read, 0 B to send, 0 B in 1 write buffers"


def test_without_a_socket_or_a_whole_sample_it_says_so() -> None:
    assert judge(run(lambda at_s: with_buffers(at_s, sockets=0))).words == "no socket is open in this process"
    assert judge(Run(recording([sample(0)]))).verdict is Growth.INCONCLUSIVE
