import pytest

from tidemark.errors import SettingsError
from tidemark.settings.settings import load


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("connection.silence_timeout", "0.5"),
        ("freshness.factor", "1"),
        ("backfill.concurrency", "9"),
        ("reconcile.every", "-1"),
    ],
)
def test_patience_has_its_bounds(key: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{key} = '{text}'"):
        load(None, {}, {key: text})
