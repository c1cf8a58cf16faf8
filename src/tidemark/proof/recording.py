"""The samples of one process over time, however long that is, in a bounded amount of memory."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tidemark.errors import StoreError
from tidemark.live.probe import Sample

_MOST_LOOKS = 240
_MOST_COUNTS = 24
_MOST_WEIGHED = 60
_LEAST_RISE = 8


class Recording:
    """At most 240 cheap samples and 24 whole ones: when full, every other one goes, and the stride doubles."""

    def __init__(self) -> None:
        self._looks: list[Sample] = []  # bounded: `_MOST_LOOKS`
        self._counts: list[Sample] = []  # bounded: `_MOST_COUNTS`
        self._stride = 1
        self._offered = 0

    def add(self, sample: Sample) -> None:
        """Take the next sample; a whole one is kept as both."""
        if sample.dear is not None:
            if len(self._counts) == _MOST_COUNTS:
                self._counts = self._counts[::2]
            self._counts.append(sample)
        due = self._offered % self._stride == 0
        self._offered += 1
        if not due:
            return
        if len(self._looks) == _MOST_LOOKS:
            self._looks = self._looks[::2]
            self._stride *= 2
        self._looks.append(msgspec.structs.replace(sample, dear=None))

    @property
    def looks(self) -> tuple[Sample, ...]:
        """The cheap samples, oldest first."""
        return tuple(self._looks)

    @property
    def counts(self) -> tuple[Sample, ...]:
        """The whole samples, oldest first."""
        return tuple(self._counts)

    def rising_names(self) -> tuple[str, ...]:
        """What holds more than it did at first, as names that the next whole sample should weigh; the fastest first."""
        if len(self._counts) < 2:
            return ()
        first, last = (
            {f"{one.kind} {one.name}": one.entries for one in sample.dear.held}
            for sample in (self._counts[0], self._counts[-1])
            if sample.dear is not None
        )
        rises = {name: entries - first.get(name, 0) for name, entries in last.items()}
        rising = [name for name, rise in rises.items() if rise >= _LEAST_RISE]
        return tuple(sorted(rising, key=lambda name: -rises[name])[:_MOST_WEIGHED])


def read_samples(file: Path) -> Iterator[Sample]:
    """The samples in *file*, a JSON object a line; StoreError names the line that is none."""
    decoder = msgspec.json.Decoder(Sample)
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    yield decoder.decode(line)
                except msgspec.MsgspecError as error:
                    raise StoreError(f"{file}, line {number} is no sample: {error}") from error
    except OSError as error:
        raise StoreError(f"the samples {file} cannot be read: {error.strerror}") from error
