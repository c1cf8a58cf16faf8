import pytest

from tidemark.proof.findings import Suspect


def suspect(share: float | None, rate: float = 100.0, most: float = 100.0) -> Suspect:
    return Suspect(
        name="dict a.B.c",
        what="entries",
        per_minute=1234.5,
        bytes_per_minute=rate,
        most_bytes_per_minute=most,
        share=share,
    )


@pytest.mark.parametrize(
    ("share", "rate", "most", "too_small"),
    [
        (0.5, 100.0, 100.0, False),
        (0.05, 100.0, 100.0, True),
        # A twentieth on average, but at its fastest a fifth.
        (0.05, 100.0, 400.0, False),
        (0.0, 0.0, 0.0, True),
        (None, 100.0, 100.0, False),
    ],
)
def test_what_explains_under_a_tenth_at_most_is_too_small(
    share: float | None, rate: float, most: float, too_small: bool
) -> None:
    assert suspect(share, rate, most).is_too_small is too_small


def test_a_suspect_is_told_in_one_line() -> None:
    assert str(suspect(0.71, 2048.0)) == "dict a.B.c, +1,234 entries a minute, 2.0 KB a minute, 71% of the growth"
    assert str(suspect(None, 0.0)) == "dict a.B.c, +1,234 entries a minute"
