import pytest

from tidemark.errors import SettingsError
from tidemark.settings.settings import load


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("api.port", "70000"),
        ("api.origins", "https://a/b"),
        ("serve.monitor", "http://me@host"),
        ("serve.monitor", "ftp://host"),
    ],
)
def test_what_cannot_be_served_is_refused(key: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{key} = "):
        load(None, {}, {key: text})


def test_the_token_of_the_monitor_is_shown_to_nobody() -> None:
    loaded = load(None, {}, {"serve.token": "tm_secret", "serve.redis_url": "redis://:word@host"})

    shown = {row.key: row.value for row in loaded.effective()}
    assert "secret" not in shown["serve.token"]
    assert "word" not in shown["serve.redis_url"]
