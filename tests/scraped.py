"""What Prometheus makes of an exposition, by its own parser."""

from prometheus_client.parser import text_string_to_metric_families

Series = tuple[str, tuple[tuple[str, str], ...]]


def scraped(text: str | bytes) -> dict[Series, float]:
    """Every sample by its name and labels; a series that is told twice is an error."""
    decoded = text.decode() if isinstance(text, bytes) else text
    found: dict[Series, float] = {}
    for family in text_string_to_metric_families(decoded):
        for sample in family.samples:
            series = (sample.name, tuple(sorted(sample.labels.items())))
            assert series not in found, series
            found[series] = sample.value
    return found


def value(found: dict[Series, float], name: str, **labels: str) -> float | None:
    """The sample of that name with these labels, None when there is none."""
    return found.get((name, tuple(sorted(labels.items()))))


def families(text: str | bytes) -> dict[str, str]:
    """The kind of every family that has a name, with samples or without."""
    decoded = text.decode() if isinstance(text, bytes) else text
    lines = [line.split() for line in decoded.splitlines() if line.startswith("# TYPE ")]
    assert len({words[2] for words in lines}) == len(lines)
    return {words[2]: words[3] for words in lines}
