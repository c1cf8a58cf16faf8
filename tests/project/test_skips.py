"""What CI lets pass: nothing but recordings that are not there."""

import pytest
from tests.conftest import ABSENT, is_allowed_skip

STRICT = {"TIDEMARK_NO_SKIP": "1"}


@pytest.mark.parametrize(
    ("reason", "environment", "has_recordings", "expected"),
    [
        ("Skipped: no C compiler", {}, True, True),
        ("Skipped: no C compiler", STRICT, False, False),
        (f"Skipped: {ABSENT}; set TIDEMARK_DATA", STRICT, False, True),
        (f"Skipped: {ABSENT}; set TIDEMARK_DATA", STRICT, True, False),
        (f"Skipped: {ABSENT}; set TIDEMARK_DATA", STRICT | {"TIDEMARK_DATA": "elsewhere"}, False, False),
    ],
)
def test_a_skip_is_allowed_by_its_reason(
    reason: str,
    environment: dict[str, str],
    has_recordings: bool,
    expected: bool,
) -> None:
    assert is_allowed_skip(reason, environment, has_recordings=has_recordings) is expected
