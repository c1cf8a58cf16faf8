"""Carries requests to the REST side of a venue and brings its replies; what they mean is no business of it."""

from collections.abc import Iterable, Sequence
from typing import Protocol, Self
from urllib.parse import urlencode
from urllib.request import getproxies, proxy_bypass

import aiohttp
import msgspec
from yarl import URL

MAX_BODY_BYTES = 16 * 1024 * 1024
CONNECTIONS = 8
KEPT_ALIVE_S = 15.0
# A reply that trickles in is not waited for longer than so many times the patience for its next bytes.
PATIENCES = 6
_CHUNK = 65_536


class Reply(msgspec.Struct, frozen=True, gc=False):
    """What came back. Names of headers are in small letters; a body is cut after `MAX_BODY_BYTES` and one more."""

    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> Self:
        """A reply whose headers came in letters of any size."""
        return cls(status, {name.lower(): value for name, value in headers}, body)


class Transport(Protocol):
    """A way to the REST side of a venue."""

    async def get(self, path: str, query: Sequence[tuple[str, str]], timeout_s: float) -> Reply:
        """Raises TimeoutError where no answer comes in time, and OSError, which says why, where none can come."""
        ...

    async def close(self) -> None:
        """Give back what it holds."""
        ...


class Http:
    """HTTP to *base*, on few connections that are kept alive. No cookies, no redirects, nothing compressed.

    A proxy that the environment names is used, as it stands at the first request, but for hosts of its `no_proxy`.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self._proxy: str | None = None
        self._session: aiohttp.ClientSession | None = None

    async def get(self, path: str, query: Sequence[tuple[str, str]], timeout_s: float) -> Reply:
        """One request. Raises TimeoutError and OSError."""
        session = self._opened()
        url = URL(f"{self.base}{path}?{urlencode(query)}" if query else self.base + path, encoded=True)
        patience = aiohttp.ClientTimeout(total=PATIENCES * timeout_s, connect=timeout_s, sock_read=timeout_s)
        try:
            async with session.get(url, timeout=patience, allow_redirects=False, proxy=self._proxy) as response:
                body = bytearray()
                while len(body) <= MAX_BODY_BYTES and (chunk := await response.content.read(_CHUNK)):
                    body += chunk
                if len(body) > MAX_BODY_BYTES:
                    del body[MAX_BODY_BYTES + 1 :]
                    response.close()
                return Reply.of(response.status, response.headers.items(), bytes(body))
        except aiohttp.ClientConnectorCertificateError as error:
            raise OSError(str(error.certificate_error)) from error
        except aiohttp.ClientConnectorError as error:
            raise OSError(str(error.os_error)) from error
        except TimeoutError:
            raise
        except aiohttp.ClientError as error:
            raise OSError(" ".join(str(error).split()) or type(error).__name__) from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            url = URL(self.base)
            self._proxy = None if proxy_bypass(url.host or "") else getproxies().get(url.scheme)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEPT_ALIVE_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                # A compressed reply could grow without bound before its size is known.
                headers={"accept": "application/json", "accept-encoding": "identity"},
                auto_decompress=False,
            )
        return self._session
