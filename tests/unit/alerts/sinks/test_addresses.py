import socket

import pytest

from tidemark.alerts.sinks.addresses import is_allowed, is_loopback, resolve
from tidemark.errors import SinkError, SinkRefusedError

ANY = ".".join("0000")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", ANY, "100.64.0.1", "224.0.0.1",
     "::1", "::", "fd00::1", "fe80::1", "fe80::1%eth0", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1",
     "2002:a00:1::", "240.0.0.1"],
)  # fmt: skip
def test_what_is_not_public_is_not_sent_to(address: str) -> None:
    assert not is_allowed(address, own=False, private=False)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_what_is_public_is_sent_to(address: str) -> None:
    assert is_allowed(address, own=False, private=False)
    assert not is_allowed(address, own=True, private=True)


def test_private_networks_can_be_allowed_and_what_is_of_a_link_cannot() -> None:
    assert is_allowed("10.0.0.1", own=False, private=True)
    assert is_allowed("fd00::1", own=False, private=True)
    for never in ("169.254.169.254", "fe80::1", "127.0.0.1", ANY, "224.0.0.1", "::ffff:169.254.169.254"):
        assert not is_allowed(never, own=False, private=True)


def test_this_machine_is_sent_to_only_where_the_host_says_so() -> None:
    assert is_loopback("localhost")
    assert is_loopback("127.3.2.1")
    assert is_loopback("::1")
    assert not is_loopback("example.org")
    assert resolve("127.0.0.1", 80, private=False) == ["127.0.0.1"]
    assert set(resolve("localhost", 80, private=False)) <= {"127.0.0.1", "::1"}


def test_a_name_that_leads_to_this_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in leads_to]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    leads_to = ["127.0.0.1", "10.0.0.1"]
    with pytest.raises(SinkRefusedError, match="private=yes"):
        resolve("rebinding.example", 80, private=False)
    leads_to = ["127.0.0.1", "1.1.1.1", "1.1.1.1"]
    assert resolve("rebinding.example", 80, private=False) == ["1.1.1.1"]


def test_a_name_that_nobody_knows_may_be_known_later() -> None:
    for name in ("name.invalid", "a" * 70 + ".invalid", ".."):
        with pytest.raises(SinkError, match="is not known") as caught:
            resolve(name, 80, private=False)
        assert caught.value.retry
