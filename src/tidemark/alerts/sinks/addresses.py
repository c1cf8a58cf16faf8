"""Which addresses of the network may be sent to: what a name stands for is looked at before anything is sent there."""

import ipaddress
import socket

from tidemark.errors import SinkError, SinkRefusedError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LOOPBACK = frozenset({"localhost", "ip6-localhost"})
# Addresses of these stand for one of IPv4, which their last bytes say.
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))


def is_loopback(host: str) -> bool:
    """Whether *host* says by itself that it is this machine."""
    if host.lower() in _LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def resolve(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of *host* that may be sent to, the first one first.

    Of this machine only where *host* says so; of private networks only where *private* allows it; of a link, where the
    machines of a cloud tell their secrets, never. SinkError where the name is not known, SinkRefusedError where none
    of its addresses is allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SinkError(f"the name of the host is not known: {getattr(error, 'strerror', None) or error}") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    allowed = [text for text in addresses if is_allowed(text, own=is_loopback(host), private=private)]
    if not allowed:
        raise SinkRefusedError(
            "the host is in a private network or on this machine, and nothing is sent there; where that is meant, add"
            " the option private=yes, or write 127.0.0.1"
        )
    return allowed


def is_allowed(text: str, *, own: bool, private: bool) -> bool:
    """Whether something may be sent to the address *text*."""
    address = _plain(ipaddress.ip_address(text.partition("%")[0]))
    if own or address.is_loopback:
        return own and address.is_loopback
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    return address.is_global or private


def _plain(address: Address) -> Address:
    """The address of IPv4 that one of IPv6 stands for; else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo is not None else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
