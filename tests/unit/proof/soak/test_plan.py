import msgspec
import pytest

from tidemark.errors import SettingsError
from tidemark.model.notification import Happening
from tidemark.proof.soak.plan import EPOCH_NS, FILE, FILE_NAME, SIGNED_WITH, WEBHOOK, Life, Plan, settings_of
from tidemark.settings.alerting import check
from tidemark.units import DAY, MIB

PLAN = Plan(seed=1, venue="binance", symbols=3, rate=5.0, hours=1.0, faults=())


def life(**told: str) -> Life:
    plan = msgspec.structs.replace(PLAN, told=told)
    return Life(
        plan=plan, begun_ns=EPOCH_NS, store="/nowhere/a", log="/nowhere/b", stream_url="ws://127.0.0.1:1",
        dial="/nowhere/c", receiver="http://127.0.0.1:2/soak",
    )  # fmt: skip


def test_the_service_has_what_a_user_has_but_for_addresses_and_folders() -> None:
    settings = settings_of(life())

    assert (settings.venue.name, settings.venue.stream_url) == ("binance", "ws://127.0.0.1:1")
    assert str(settings.store.path) == "/nowhere/a"
    assert settings.memory.budget == 384 * MIB
    assert settings.archive.enabled
    assert settings.archive.every == 3600.0


def test_somebody_is_told_of_everything_that_becomes_of_signals() -> None:
    alerts = settings_of(life()).alerts
    webhook, file = check(alerts)

    assert (webhook.name, webhook.url, webhook.options) == (
        WEBHOOK, "webhook:http://127.0.0.1:2/soak", {"secret": SIGNED_WITH}
    )  # fmt: skip
    assert (file.name, file.url) == (FILE, f"file:{FILE_NAME}")
    assert set(alerts.events) == {happening.value for happening in Happening}


def test_what_is_told_goes_before_what_a_soak_sets_and_is_checked() -> None:
    assert settings_of(life(**{"memory.budget": "64MB", "archive.every": "10m"})).archive.every == 600.0
    with pytest.raises(SettingsError, match="memory\\.budgt"):
        settings_of(life(**{"memory.budgt": "64MB"}))


def test_a_soak_begins_at_midnight_and_its_life_is_the_same_after_a_journey_as_json() -> None:
    assert EPOCH_NS % DAY == 0
    assert msgspec.json.decode(msgspec.json.encode(life()), type=Life) == life()
