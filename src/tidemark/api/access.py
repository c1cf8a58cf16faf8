"""Who may reach what is served: addresses, names, origins, rates, and the headers of every answer. Does no I/O."""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from types import MappingProxyType
from typing import NamedTuple

from tidemark.clock import Clock
from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.memory.map import BoundedMap
from tidemark.units import SECOND

# https://www.rfc-editor.org/rfc/rfc9110#name-host-and-authority, without what no browser sends: an empty name, escapes.
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?", re.ASCII)
_ORIGIN = re.compile(r"(https?)://([^/?#@\s]{1,260})", re.ASCII | re.IGNORECASE)
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]{1,200})", re.ASCII | re.IGNORECASE)
_USUAL_PORTS = {"http": 80, "https": 443}
# A home or an office is given at least so much of IPv6: whoever has one address of it has all of them.
_IPV6_PREFIX = 64
_BURST_S = 10.0
_CLIENTS = 1024
# The text of an address, and the integer beside it.
_CLIENT_BYTES = 160

SECURITY_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline';"
            " base-uri 'none'; frame-ancestors 'none'; form-action 'none'; object-src 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)


class _Authority(NamedTuple):
    host: str
    port: int | None


def dress(headers: MutableMapping[str, str]) -> None:
    """Give an answer the headers that every one has."""
    headers.update(SECURITY_HEADERS)
    # Which versions serve is nobody's business.
    headers["Server"] = "tidemark"


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can mean itself by *host*, an address or a name.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    address = _address(host)
    return address.is_loopback if address is not None else host.lower().removesuffix(".") == "localhost"


def refuse_open_bind(host: str, *, has_tokens: bool, section: str = "api") -> None:
    """SettingsError where anybody could ask: at an address beyond loopback, as long as there is no token.

    section: of the settings that *host* comes from.
    """
    if is_loopback(host) or has_tokens:
        return
    raise SettingsError(
        f"{section}.host {host!r} is reached from other machines, and there is no token that they would have to show;"
        f" make one with `tidemark token create NAME`, or set {section}.host to 127.0.0.1"
    )


def bearer(headers: Mapping[str, str]) -> str | None:
    """The token of an Authorization header; None without one, and for one that cannot be a token of ours."""
    found = _BEARER.fullmatch(headers.get("Authorization", "").strip())
    return None if found is None else found[1]


def allowed_host(host_header: str | None, bound: str, origins: Sequence[str] = ()) -> bool:
    """Whether a request may be meant for us, by its Host header.

    A page of a stranger can give its own name our address after it was loaded; its requests then come with that name,
    and are refused. A loopback name is allowed, *bound* as the settings have it, the names of *origins*, and any
    address where *bound* stands for all of the machine's.
    """
    authority = _authority(host_header or "")
    if authority is None:
        return False
    host = authority.host
    if is_loopback(host) or _is_same_host(host, bound):
        return True
    listens = _address(bound)
    if listens is not None and listens.is_unspecified and _address(host) is not None:
        return True
    return any(known is not None and known[1].host == host for known in map(_origin, origins))


def allowed_origin(origin: str | None, host_header: str | None, extra: Sequence[str] = ()) -> bool:
    """Whether a page of *origin* may open a push connection, or ask for more than it may read anyway.

    Its own page may, which is what the Host header names, and those of *extra*. None: no browser asks, and what does
    could say anything. Only together with `allowed_host` does this keep strangers out.
    """
    if origin is None:
        return True
    found = _origin(origin)
    if found is None:
        return False
    scheme, page = found
    asked = _authority(host_header or "")
    if asked is not None and page == _with_port(asked, scheme):
        return True
    return any(found == known for known in map(_origin, extra))


def client_of(address: str) -> str:
    """Whom *address*, as a socket tells it, is counted for: an IPv4 address, or 64 bits of an IPv6 one.

    >>> client_of("2001:db8:1:2:3:4:5:6"), client_of("::ffff:192.0.2.7")
    ('2001:db8:1:2::', '192.0.2.7')
    """
    found = _address(address)
    if found is None:
        return address[:45]
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), _IPV6_PREFIX), strict=False).network_address)
    return str(found)


class RateLimit:
    """A token bucket for each client: *rate* a second, and so many at once as come in ten seconds, or *burst*.

    Kept as one moment a client: when its bucket will be full again. Memory: 1,024 clients; the one that was heard of
    the longest ago is forgotten first.
    """

    def __init__(
        self, rate: float, clock: Clock, ledger: Ledger, *, owner: str = "api/rate", burst: float | None = None
    ) -> None:
        self._clock = clock
        self._each_ns = int(SECOND / rate)
        self._burst_ns = int((burst if burst is not None else rate * _BURST_S) * self._each_ns)
        self._full_at = BoundedMap[str, int](
            owner, items=_CLIENTS, max_bytes=_CLIENTS * _CLIENT_BYTES, size=lambda _, __: _CLIENT_BYTES
        )
        self.refused = 0
        ledger.open(self._full_at)

    @staticmethod
    def reserve(owner: str = "api/rate") -> Reservation:
        """What it takes, without allocating it."""
        return BoundedMap.reserve(owner, items=_CLIENTS, max_bytes=_CLIENTS * _CLIENT_BYTES)

    def usage(self) -> Usage:
        """Clients known now."""
        return self._full_at.usage()

    def wait_s(self, client: str) -> float:
        """Seconds until *client* may come again; 0.0 where it may now. Counts nothing."""
        now = self._clock.monotonic_ns()
        over = self._full_at.get(client, now) + self._each_ns - now - self._burst_ns
        return max(0, over) / SECOND

    def take(self, client: str) -> float:
        """Count one request of *client*; 0.0 where it may come, else the seconds that it has to wait: not counted."""
        waits = self.wait_s(client)
        if waits:
            self.refused += 1
            return waits
        now = self._clock.monotonic_ns()
        self._full_at.put(client, max(self._full_at.get(client, now), now) + self._each_ns)
        return 0.0


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address that *text* writes; that of IPv4 where IPv6 only wraps it."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _authority(text: str) -> _Authority | None:
    match = _AUTHORITY.fullmatch(text)
    if match is None or (match[2] and int(match[2]) > 65535):
        return None
    host = match[1].lower().removesuffix(".").strip("[]")
    return _Authority(host, int(match[2]) if match[2] else None) if host else None


def _origin(text: str) -> tuple[str, _Authority] | None:
    """Scheme and authority, with the port that a browser leaves away."""
    match = _ORIGIN.fullmatch(text)
    authority = _authority(match[2]) if match is not None else None
    if match is None or authority is None:
        return None
    scheme = match[1].lower()
    return scheme, _with_port(authority, scheme)


def _with_port(authority: _Authority, scheme: str) -> _Authority:
    return authority if authority.port is not None else _Authority(authority.host, _USUAL_PORTS[scheme])


def _is_same_host(host: str, bound: str) -> bool:
    one, other = _address(host), _address(bound)
    return one == other if one is not None else host == bound.lower().removesuffix(".")
