import pytest

from tidemark.errors import SettingsError
from tidemark.model.notification import Severity
from tidemark.settings.alerting import Alerts, Quiet, check, parse_quiet, severities, zone_of
from tidemark.settings.settings import load
from tidemark.sources import Secret


def alerts(*sinks: str, **others: object) -> Alerts:
    return Alerts(sinks=tuple(Secret(sink) for sink in sinks), **others)  # type: ignore[arg-type]


def test_a_sink_is_one_text_with_its_options() -> None:
    (spec,) = check(
        alerts(
            "phone ntfy://ntfy.sh/topic severity=warning rules=confluence|whale_flow symbols=BTCUSDT digest=10m rate=5"
            " quiet=22:00-07:00 events=raised secret=abc"
        )
    )

    assert (spec.name, spec.url, spec.scheme, spec.severity) == (
        "phone",
        "ntfy://ntfy.sh/topic",
        "ntfy",
        Severity.WARNING,
    )
    assert (set(spec.rules), set(spec.symbols)) == ({"confluence", "whale_flow"}, {"BTCUSDT"})
    assert (spec.digest_s, spec.rate, spec.quiet, set(spec.events)) == (600.0, 5, Quiet(79200, 25200), {"raised"})
    assert spec.options == {"secret": "abc"}


def test_what_a_sink_does_not_say_holds_for_all() -> None:
    spec, awake = check(alerts("a file:a.jsonl", "b file:b.jsonl quiet=none", rate=7, quiet_hours="23:30-06:00"))

    assert (spec.rate, spec.quiet, spec.digest_s, spec.severity) == (7, Quiet(84600, 21600), 0.0, Severity.INFO)
    assert awake.quiet is None


@pytest.mark.parametrize(
    ("sink", "words"),
    [
        ("Phone ntfy://secret", "entry 1 begins with no name"),
        ("history ntfy://secret", "entry 1 begins with no name"),
        ("phone", r"entry 1 \(phone\) has no address"),
        ("phone secret", "has no address"),
        ("phone ntfy://secret often", "what follows the address is OPTION=VALUE"),
        ("phone ntfy://secret rate=1 rate=2", "each once"),
        ("phone ntfy://secret rate=0", "rate=0 is no number"),
        ("phone ntfy://secret digest=2d", "digest=2d is too long"),
        ("phone ntfy://secret digest=long", "digest: duration 'long' is not understood"),
        ("phone ntfy://secret severity=urgent", "severity=urgent is not known; there are info, warning, critical"),
        ("phone ntfy://secret quiet=25:00-01:00", "quiet = '25:00-01:00' is not understood"),
        ("phone ntfy://secret rules=confluense", "names the rule 'confluense', which is not known; there are"),
        ("phone ntfy://secret events=begun", "names the event 'begun'"),
    ],
)
def test_what_is_wrong_is_told_without_the_address(sink: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        check(alerts(sink))

    assert "secret" not in str(caught.value).replace("ntfy://ntfy.sh", "")
    assert "\n" not in str(caught.value)


def test_names_are_given_once_and_not_without_end() -> None:
    with pytest.raises(SettingsError, match="names phone more than once"):
        check(alerts("phone file:a", "phone file:b"))
    with pytest.raises(SettingsError, match="names 17; at most 16"):
        check(alerts(*(f"s{number} file:a" for number in range(17))))


def test_hours_zones_and_severities_are_checked() -> None:
    assert parse_quiet("x", "00:00-23:59") == Quiet(0, 86340)
    for wrong in ("7:00-8:00", "07:00-07:00", "07:00", "24:00-01:00"):
        with pytest.raises(SettingsError, match="write two times of the day"):
            parse_quiet("x", wrong)
    assert zone_of(alerts(time_zone="Europe/Berlin")).key == "Europe/Berlin"
    for unknown in ("Europe/Atlantis", "../etc/passwd", "/etc"):
        with pytest.raises(SettingsError, match="is not known; write a name like"):
            zone_of(alerts(time_zone=unknown))
    assert severities(alerts(severity=("confluence/long=info",))) == {"confluence/long": Severity.INFO}
    for wrong in ("confluence", "confluence=loud", "=info", "unheard=info"):
        with pytest.raises(SettingsError, match=r"alerts\.severity"):
            check(alerts(severity=(wrong,)))


def test_defaults_are_in_order() -> None:
    assert check(Alerts()) == ()


def test_sinks_come_from_the_environment_and_are_shown_to_nobody() -> None:
    loaded = load(None, {"TIDEMARK_ALERTS_SINKS": "a json://hidden, b file:x"}, {})

    (row,) = [row for row in loaded.effective() if row.key == "alerts.sinks"]

    assert [spec.name for spec in check(loaded.settings.alerts)] == ["a", "b"]
    assert (row.value, "hidden" in repr(loaded.settings)) == ("********,********", False)


def test_a_list_of_secrets_that_is_wrong_is_not_shown(tmp_path: object) -> None:
    with pytest.raises(SettingsError) as caught:
        load(None, {}, {"alerts.sinks": "\udcff hidden"})

    assert "hidden" not in str(caught.value)
