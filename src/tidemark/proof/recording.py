"""The samples of one process over time, however long that is, in a bounded amount of memory."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tidemark.errors import DECODE_ERRORS, StoreError
from tidemark.live.probe import Sample

_MOST_LOOKS = 240
_MOST_COUNTS = 24
_MOST_WEIGHED = 60
_LEAST_RISE = 8


class _Thinned:
    """At most *most* of what is offered, an even number, at equal distances: when full, every other one goes."""

    def __init__(self, most: int) -> None:
        self.kept: list[Sample] = []  # bounded: `most`
        self._most = most
        self._stride = 1
        self._offered = 0

    def offer(self, sample: Sample) -> None:
        """Keep it when its turn has come."""
        is_due = self._offered % self._stride == 0
        self._offered += 1
        if not is_due:
            return
        if len(self.kept) == self._most:
            self.kept = self.kept[::2]
            self._stride *= 2
        self.kept.append(sample)


class Recording:
    """At most 240 cheap samples and 24 whole ones, however many are added."""

    def __init__(self) -> None:
        self._looks = _Thinned(_MOST_LOOKS)
        self._counts = _Thinned(_MOST_COUNTS)

    def add(self, sample: Sample) -> None:
        """Take the next sample; a whole one is kept as both."""
        if sample.dear is not None:
            self._counts.offer(sample)
        self._looks.offer(msgspec.structs.replace(sample, dear=None))

    @property
    def looks(self) -> tuple[Sample, ...]:
        """The cheap samples, oldest first."""
        return tuple(self._looks.kept)

    @property
    def counts(self) -> tuple[Sample, ...]:
        """The whole samples, oldest first."""
        return tuple(self._counts.kept)

    def rising_names(self) -> tuple[str, ...]:
        """What holds more than it did at first, as names that the next whole sample should weigh; the fastest first."""
        if len(self.counts) < 2:
            return ()
        first, last = (
            {f"{one.kind} {one.name}": one.entries for one in sample.dear.held}
            for sample in (self.counts[0], self.counts[-1])
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
                except DECODE_ERRORS as error:
                    raise StoreError(f"{file}, line {number} is no sample: {error}") from error
    except OSError as error:
        raise StoreError(f"the samples {file} cannot be read: {error.strerror}") from error
