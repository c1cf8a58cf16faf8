from collections.abc import Callable

import pytest

from tidemark.api.access import (
    SECURITY_HEADERS,
    RateLimit,
    allowed_host,
    allowed_origin,
    bearer,
    client_of,
    is_loopback,
    refuse_open_bind,
)
from tidemark.clock import EventClock
from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger
from tidemark.units import SECOND

EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing listens: it is what is judged


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "localhost", "LocalHost", "localhost."]
)
def test_this_machine_alone_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        EVERYWHERE,
        "::",
        "192.168.1.5",
        "example.org",
        "localhost.example.org",
        "127.0.0.1.example.org",
        "",
        "2130706433",
    ],
)
def test_what_others_may_reach_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_an_address_beyond_loopback_is_refused_without_a_token() -> None:
    with pytest.raises(SettingsError, match=r"api\.host '0\.0\.0\.0' .* `tidemark token create NAME`"):
        refuse_open_bind(EVERYWHERE, has_tokens=False)

    refuse_open_bind(EVERYWHERE, has_tokens=True)
    refuse_open_bind("127.0.0.1", has_tokens=False)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer tdm_0a1b2c3d_x-Y_z", "tdm_0a1b2c3d_x-Y_z"),
        ("bearer   abc", "abc"),
        ("Basic abc", None),
        ("Bearer", None),
        ("Bearer a b", None),
        ("Bearer a\x00b", None),
        ("Bearer " + "x" * 201, None),
        ("", None),
    ],
)
def test_a_token_is_read_from_its_header(header: str, expected: str | None) -> None:
    assert bearer({"Authorization": header}) == expected


def test_without_the_header_there_is_no_token() -> None:
    assert bearer({}) is None


@pytest.mark.parametrize(
    ("header", "bound", "expected"),
    [
        ("127.0.0.1:8420", "127.0.0.1", True),
        ("localhost:8420", "127.0.0.1", True),
        ("LOCALHOST", "127.0.0.1", True),
        ("[::1]:8420", "127.0.0.1", True),
        ("192.168.1.5:8420", "192.168.1.5", True),
        ("monitor.lan:8420", "monitor.lan", True),
        ("monitor.lan.", "monitor.lan", True),
        ("[2001:DB8::1]:8420", "2001:db8:0::1", True),
        ("192.168.1.5:8420", EVERYWHERE, True),
        ("[fe80::1]", "::", True),
        ("evil.example:8420", "127.0.0.1", False),
        ("evil.example:8420", EVERYWHERE, False),
        ("192.168.1.6", "192.168.1.5", False),
        ("localhost.evil.example", "127.0.0.1", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("evil.example@localhost", "127.0.0.1", False),
        ("localhost:8420:1", "127.0.0.1", False),
        ("localhost:99999", "127.0.0.1", False),
        ("localhost/", "127.0.0.1", False),
        (" localhost", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        (".", "127.0.0.1", False),
        (None, "127.0.0.1", False),
    ],
)
def test_a_name_that_was_bent_to_our_address_is_refused(header: str | None, bound: str, expected: bool) -> None:
    assert allowed_host(header, bound) is expected


def test_the_name_of_an_allowed_origin_is_ours_too() -> None:
    assert allowed_host("market.example", "127.0.0.1", ("https://market.example",))
    assert not allowed_host("other.example", "127.0.0.1", ("https://market.example",))


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        (None, "127.0.0.1:8420", True),
        ("http://127.0.0.1:8420", "127.0.0.1:8420", True),
        ("http://LOCALHOST:8420", "localhost:8420", True),
        ("http://[::1]:8420", "[::1]:8420", True),
        ("http://monitor.lan", "monitor.lan", True),
        ("http://monitor.lan", "monitor.lan:80", True),
        ("https://monitor.lan", "monitor.lan", True),
        ("https://monitor.lan", "monitor.lan:443", True),
        ("https://charts.example", "127.0.0.1:8420", True),
        ("https://charts.example:443", "127.0.0.1:8420", True),
        ("http://charts.example", "127.0.0.1:8420", False),
        ("https://sub.charts.example", "127.0.0.1:8420", False),
        ("http://127.0.0.1:8421", "127.0.0.1:8420", False),
        ("http://evil.example", "127.0.0.1:8420", False),
        ("http://127.0.0.1:8420.evil.example", "127.0.0.1:8420", False),
        ("http://127.0.0.1:8420@evil.example", "127.0.0.1:8420", False),
        ("null", "127.0.0.1:8420", False),
        ("file://", "127.0.0.1:8420", False),
        ("", "127.0.0.1:8420", False),
        ("http://127.0.0.1:8420/", "127.0.0.1:8420", False),
        ("http://127.0.0.1:8420", None, False),
    ],
)
def test_a_page_of_another_origin_is_refused_unless_it_is_named(
    origin: str | None, host: str | None, expected: bool
) -> None:
    assert allowed_origin(origin, host, ("https://charts.example",)) is expected


def test_a_page_whose_name_was_bent_to_our_address_fails_by_its_host() -> None:
    bent = "evil.example:8420"

    assert allowed_origin(f"http://{bent}", bent)
    assert not allowed_host(bent, "127.0.0.1")


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::"),
        ("2001:db8:0:0:ffff::9", "2001:db8::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        ("x" * 99, "x" * 45),
    ],
)
def test_all_addresses_of_one_ipv6_network_are_one_client(address: str, client: str) -> None:
    assert client_of(address) == client


def limited(rate: float = 2.0, burst: float | None = None) -> tuple[RateLimit, Callable[[float], None], Ledger]:
    """A limit, what lets so many seconds pass, and the ledger."""
    clock, ledger = EventClock(), Ledger()
    limit = RateLimit(rate, clock, ledger, burst=burst)
    return limit, lambda seconds: clock.set(clock.now_ns() + int(seconds * SECOND)), ledger


def test_a_burst_of_ten_seconds_is_allowed_then_the_rate() -> None:
    limit, pass_s, _ = limited(2.0)

    assert [limit.take("a") for _ in range(20)] == [0.0] * 20
    assert limit.take("a") == 0.5
    pass_s(0.5)
    assert limit.take("a") == 0.0
    assert limit.take("a") == 0.5
    assert limit.refused == 2


def test_one_client_does_not_slow_down_another() -> None:
    limit, _, _ = limited(1.0)
    while not limit.take("a"):
        pass

    assert limit.take("b") == 0.0


def test_looking_counts_nothing() -> None:
    limit, _, _ = limited(1.0, burst=1.0)

    assert [limit.wait_s("a") for _ in range(5)] == [0.0] * 5
    limit.take("a")
    assert limit.wait_s("a") == 1.0
    assert limit.refused == 0


def test_a_bucket_is_never_fuller_than_its_burst() -> None:
    limit, pass_s, _ = limited(1.0, burst=3.0)
    limit.take("a")
    pass_s(1000)

    assert [limit.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 1.0]


def test_clients_are_bounded_and_the_one_heard_of_the_longest_ago_is_forgotten() -> None:
    limit, _, ledger = limited(1.0, burst=1.0)
    for number in range(5000):
        limit.take(f"client {number}")

    assert limit.usage().used == 1024
    assert limit.usage().evicted == 5000 - 1024
    assert limit.wait_s("client 4999") == 1.0
    assert limit.wait_s("client 0") == 0.0
    assert ledger.violations() == []


def test_it_reserves_what_it_opens() -> None:
    _, _, ledger = limited()

    (line,) = [one for one in ledger.report() if one.owner == "api/rate"]
    assert line.bytes_reserved == RateLimit.reserve().bytes


def test_every_answer_forbids_foreign_content_frames_and_guessing() -> None:
    policy = dict(part.strip().split(" ", 1) for part in SECURITY_HEADERS["Content-Security-Policy"].split(";"))

    assert policy == {
        "default-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "style-src": "'self' 'unsafe-inline'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'none'",
        "object-src": "'none'",
    }
    assert SECURITY_HEADERS["X-Content-Type-Options"] == "nosniff"
    assert SECURITY_HEADERS["Referrer-Policy"] == "no-referrer"
    assert [name for name in SECURITY_HEADERS if name.startswith("Cross-Origin")] == [
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Embedder-Policy",
        "Cross-Origin-Resource-Policy",
    ]
