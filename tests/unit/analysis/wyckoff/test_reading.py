import msgspec
import numpy as np
from tests.structures import bars_of, profile
from tests.structures_read import WHOLE

from tidemark.analysis.wyckoff.reader import Reader
from tidemark.analysis.wyckoff.reading import PHASES, Completed, Detector, Found, PhaseSpan, Read
from tidemark.kernels import structure
from tidemark.units import HOUR


def test_each_phase_of_the_kernel_has_its_letter() -> None:
    assert PHASES == ("", "A", "B", "C", "D", "E")
    assert len(PHASES) == structure.PHASES + 1


def test_what_a_detector_gives_can_be_handed_on() -> None:
    detector: Detector = Reader(profile(), HOUR)
    read = detector.take(bars_of(WHOLE))

    assert isinstance(read, Read)
    assert read.phases.dtype == np.int8
    for one, kind in ((read.events, Found), (read.completed, Completed), (read.spans, PhaseSpan)):
        assert one
        assert msgspec.json.decode(msgspec.json.encode(one), type=list[kind]) == one  # type: ignore[valid-type]
