"""Every kind of sink, whatever is added: it takes its own example, tells no address, and says what went wrong."""

from pathlib import Path

import pytest
from tests.alerting import alerts, message, sink

from tidemark.alerts.sinks import registry
from tidemark.errors import SettingsError, SinkError
from tidemark.settings.alerting import check

NAMES = registry.names()
# What stands in an address, and is nobody's business.
HIDDEN = "hidden-word-of-yours"


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_its_own_example_and_says_what_it_is(name: str, tmp_path: Path) -> None:
    kind = registry.find(name)
    made = sink(f"a {kind.EXAMPLE}", tmp_path)

    assert kind.__doc__
    assert type(made).__module__ == f"tidemark.alerts.sinks.{name}"
    assert {type(made.is_idempotent), type(made.is_of_monitor)} == {bool}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_option_that_there_is_not_is_refused_with_those_that_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"alerts\.sinks: a has the option 'colour'.*severity") as refused:
        sink(f"a {registry.find(name).EXAMPLE} colour={HIDDEN}", tmp_path)

    assert HIDDEN not in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
def test_its_options_and_those_of_all_sinks_go_together(name: str) -> None:
    rest = "rules=confluence symbols=BTCUSDT events=raised digest=10m rate=5 quiet=22:00-07:00"
    text = registry.find(name).EXAMPLE.partition(" severity=")[0]
    (spec,) = check(alerts(f"a {text} severity=critical {rest}"))

    assert (spec.name, spec.rate, spec.digest_s) == ("a", 5, 600.0)
    assert spec.scheme == text.partition(":")[0]


@pytest.mark.parametrize("name", NAMES)
def test_an_address_that_is_wrong_is_told_in_one_line_and_not_repeated(name: str, tmp_path: Path) -> None:
    scheme = next(iter(registry.find(name).SCHEMES), "tgram")
    try:
        made = sink(f"a {scheme}:///{HIDDEN}//", tmp_path)
    except SettingsError as error:
        words = str(error)
    else:
        with pytest.raises(SinkError) as failed:
            made.send(message())
        words = str(failed.value)

    assert HIDDEN not in words
    assert "\n" not in words
