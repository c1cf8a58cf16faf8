"""The text that Prometheus reads: https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4.

Not by the client library of Prometheus: for the text alone it takes longer than a whole scrape does with this, and 3 MB
(`benchmarks/scrape.py`).
"""

from collections.abc import Iterable, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
Number = int | float


class Exposition:
    """One scrape in the making. A figure that is not known has its name told, and no sample."""

    def __init__(self) -> None:
        self._parts: list[str] = []  # bounded: by the figures of one scrape, for its length

    def gauge(self, name: str, words: str, value: Number | None) -> None:
        """One figure that goes up and down."""
        self.gauges(name, words, () if value is None else (("", value),))

    def gauges(self, name: str, words: str, samples: Iterable[tuple[str, Number]]) -> None:
        """The same of several, by their labels."""
        self._family(name, "gauge", words, samples)

    def counter(self, name: str, words: str, value: Number | None) -> None:
        """One figure that only goes up; its name ends in `_total`."""
        self.counters(name, words, () if value is None else (("", value),))

    def counters(self, name: str, words: str, samples: Iterable[tuple[str, Number]]) -> None:
        """The same of several, by their labels."""
        self._family(name, "counter", words, samples)

    def histogram(self, name: str, words: str, buckets: Mapping[float, int], total: int, sum_: float) -> None:
        """How many were at most so much: *buckets* is cumulative, by upper bounds, without that of all of them."""
        self._head(name, "histogram", words)
        self._parts.extend(f'{name}_bucket{{le="{bound:g}"}} {count}\n' for bound, count in buckets.items())
        self._parts.append(f'{name}_bucket{{le="+Inf"}} {total}\n{name}_sum {sum_!r}\n{name}_count {total}\n')

    def text(self) -> str:
        """All of it."""
        return "".join(self._parts)

    def _family(self, name: str, kind: str, words: str, samples: Iterable[tuple[str, Number]]) -> None:
        self._head(name, kind, words)
        self._parts.extend(f"{name}{labelled} {value}\n" for labelled, value in samples)

    def _head(self, name: str, kind: str, words: str) -> None:
        self._parts.append(f"# HELP {name} {words}\n# TYPE {name} {kind}\n")


def labels(**values: str) -> str:
    """The labels of a sample.

    >>> labels(owner="candles/1m", kind="ring")
    '{owner="candles/1m",kind="ring"}'
    """
    return "{" + ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in values.items()) + "}"
