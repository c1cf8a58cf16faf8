from pathlib import Path

import pytest
from tests.alerting import sink

from tidemark.alerts.sinks import registry


def test_every_kind_is_found_and_one_takes_all_others() -> None:
    assert registry.names() == ("apprise_url", "browser", "desktop", "file", "webhook")
    schemes = [scheme for name in registry.names() for scheme in registry.find(name).SCHEMES]
    assert len(set(schemes)) == len(schemes)
    assert [name for name in registry.names() if not registry.find(name).SCHEMES] == ["apprise_url"]


@pytest.mark.parametrize("name", registry.names())
def test_every_kind_has_an_example_that_it_takes_itself(name: str, tmp_path: Path) -> None:
    kind = registry.find(name)
    made = sink(f"a {kind.EXAMPLE}", tmp_path)

    assert type(made).__module__.endswith(f".{name}")
    assert isinstance(made.is_idempotent, bool)
