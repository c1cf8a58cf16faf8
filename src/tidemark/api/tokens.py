"""Tokens: what a program shows that asks from another machine. They are made once, and only their hashes are kept."""

import asyncio
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import IO, Annotated, Literal

import msgspec
import structlog
from msgspec import Meta, Struct

from tidemark.api.access import RateLimit
from tidemark.clock import Clock
from tidemark.errors import DECODE_ERRORS, SettingsError, StoreError
from tidemark.memory.ledger import Ledger, Reservation, SlotAccount
from tidemark.memory.map import BoundedMap
from tidemark.store.atomic import write_whole
from tidemark.units import KIB, MILLISECOND, SECOND

Scope = Literal["read", "write"]
FILE_NAME = "tokens.json"
MOST_TOKENS = 100
# A hundred tokens with the longest names take half of it.
MOST_FILE_BYTES = 64 * KIB
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
_SECRET = re.compile(r"tdm_([0-9a-f]{8})_[A-Za-z0-9_-]{43}", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)
_SECRET_BYTES = 32
# The least that https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html recommends in memory:
# it is meant for passwords, and ours cannot be guessed anyway.
_MEMORY_KIB, _PASSES, _LANES = 7168, 5, 1
_SALT_BYTES, _HASH_BYTES = 16, 32
_HASH = rf"^\$argon2id\$v=19\$m={_MEMORY_KIB},t={_PASSES},p={_LANES}\$[A-Za-z0-9+/]{{22}}\$[A-Za-z0-9+/]{{43}}$"
_VERIFYING_BYTES = 8 * 1024 * KIB
_KNOWN = 256
_KNOWN_NS = 300 * SECOND
_KNOWN_BYTES = 640
_KEPT_BYTES = 1024
_WAITING = 16
_WAITING_BYTES = 16 * KIB
# Five wrong ones at once, then one every ten seconds: nobody types them, and a program that has a wrong one keeps it.
_FAILURES, _FAILURES_PER_S = 5.0, 0.1
log = structlog.get_logger()


class Token(Struct, frozen=True, kw_only=True):
    """What may be known of a token: not its secret. `created_ms` since the epoch, UTC."""

    id: Annotated[str, Meta(pattern="^[0-9a-f]{8}$")]
    name: Annotated[str, Meta(pattern=NAME)]
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=2)]
    created_ms: int

    def allows(self, scope: Scope) -> bool:
        """Whether it is good for *scope*; who may write may read."""
        return scope in self.scopes or "write" in self.scopes


class Created(Struct, frozen=True, kw_only=True):
    """A new token. `secret` is told this once and cannot be found out again."""

    token: Token
    secret: str


class _Kept(Token, frozen=True, kw_only=True):
    hash: Annotated[str, Meta(pattern=_HASH)]

    def told(self) -> Token:
        """Without the hash."""
        return Token(id=self.id, name=self.name, scopes=self.scopes, created_ms=self.created_ms)


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Literal[1] = 1
    tokens: Annotated[tuple[_Kept, ...], Meta(max_length=MOST_TOKENS)] = ()


class Tokens:
    """The tokens of a store, in a file that only its user may read. Blocks: not for the event loop.

    StoreError where the file cannot be read or written, is not as it was written, or may be read by others.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME

    def create(self, name: str, scopes: tuple[Scope, ...], now_ns: int) -> Created:
        """A new token of that *name*; SettingsError when the name is taken or cannot be one, or there are too many."""
        if re.fullmatch(NAME, name, re.ASCII) is None or _ID.fullmatch(name):
            raise SettingsError(
                f"a token cannot be called {name[:60]!r}; at most 40 letters, digits, dots, dashes and underscores make"
                " a name, and eight hexadecimal digits are an id"
            )
        with self._changing() as kept:
            if any(one.name == name for one in kept):
                raise SettingsError(f"there is a token {name!r} already; revoke it first, or choose another name")
            if len(kept) == MOST_TOKENS:
                raise SettingsError(f"there are {MOST_TOKENS} tokens, and no more are kept; revoke one of them first")
            taken = {one.id for one in kept}
            number = next(made for made in iter(lambda: secrets.token_hex(4), "") if made not in taken)
            secret = f"tdm_{number}_{secrets.token_urlsafe(_SECRET_BYTES)}"
            created = _Kept(
                id=number,
                name=name,
                scopes=tuple(sorted(set(scopes))),
                created_ms=now_ns // MILLISECOND,
                hash=_hashed(secret),
            )
            self._write((*kept, created))
        return Created(token=created.told(), secret=secret)

    def revoke(self, which: str) -> Token:
        """Remove the token with that id, or of that name; SettingsError when there is none."""
        with self._changing() as kept:
            found = next((one for one in kept if which in {one.id, one.name}), None)
            if found is None:
                raise SettingsError(f"there is no token {which[:60]!r}; `tidemark token list` names those there are")
            self._write(tuple(one for one in kept if one is not found))
        return found.told()

    def listed(self) -> list[Token]:
        """All of them, the oldest first."""
        return [one.told() for one in self.read()]

    def read(self) -> tuple[_Kept, ...]:
        """All of them, with their hashes."""
        try:
            number = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}") from error
        with open(number, "rb") as file:  # noqa: PTH123 - it is open already
            found = os.fstat(number)
            if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o077 or found.st_uid not in {os.geteuid(), 0}:
                raise StoreError(
                    f"{self.path} is not this user's alone, with mode {stat.S_IMODE(found.st_mode):o}: who may read it"
                    " or replace it is not known; run chmod 600 on it, or revoke what is in it by removing it"
                )
            text = file.read(MOST_FILE_BYTES + 1)
        if len(text) > MOST_FILE_BYTES:
            raise StoreError(f"{self.path} is larger than the {MOST_FILE_BYTES} bytes that all tokens can take")
        try:
            return msgspec.json.decode(text, type=_File).tokens
        except DECODE_ERRORS as error:
            raise StoreError(
                f"{self.path} is not as it was written ({error}); remove it, and create tokens anew"
            ) from None

    def verify(self, secret: str) -> Token | None:
        """The token of that *secret*, None when there is none; takes some tens of milliseconds."""
        kept = {one.id: one for one in self.read()}
        return _found(secret, kept.get(secret[4:12]))

    @contextmanager
    def _changing(self) -> Iterator[tuple[_Kept, ...]]:
        """The tokens as they are, which nobody else changes until the end of the block."""
        lock = self.path.with_name(f".{FILE_NAME}.lock")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with lock.open("wb") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                yield self.read()
        except OSError as error:
            raise StoreError(f"tokens cannot be kept in {self.path.parent}: {error.strerror or error}") from error

    def _write(self, tokens: tuple[_Kept, ...]) -> None:
        text = msgspec.json.format(msgspec.json.encode(_File(tokens=tokens)), indent=1) + b"\n"

        def write(file: IO[bytes]) -> None:
            # While it is still empty.
            os.fchmod(file.fileno(), 0o600)
            file.write(text)

        write_whole(self.path, write)


class Verifier:
    """Whose token it is, for a server: the hash is computed in a thread, and seldom.

    A secret that was right is known for five minutes, by a keyed digest, and no longer than the file stays as it is: a
    token that is revoked is refused at once. *client* is whom failures are counted for: five at once, then one every
    ten seconds. Where the file cannot be read nobody is let in, and the log says why.

    Memory: 256 secrets, 100 hashes, 16 that wait; 8 MiB of transient memory while one is verified.
    """

    def __init__(self, tokens: Tokens, clock: Clock, ledger: Ledger) -> None:
        self._tokens = tokens
        self._key = secrets.token_bytes(32)
        self._seen: tuple[int, int, int] | None = None
        self._kept = BoundedMap[str, _Kept](
            "api/tokens", items=MOST_TOKENS, max_bytes=MOST_TOKENS * _KEPT_BYTES, size=lambda _, __: _KEPT_BYTES
        )
        self._known = BoundedMap[bytes, Token](
            "api/known tokens",
            items=_KNOWN,
            max_bytes=_KNOWN * _KNOWN_BYTES,
            size=lambda _, __: _KNOWN_BYTES,
            ttl_ns=_KNOWN_NS,
            clock=clock,
        )
        self._failures = RateLimit(_FAILURES_PER_S, clock, ledger, owner="api/failures", burst=_FAILURES)
        self._ledger = ledger
        self._turn = asyncio.Lock()
        ledger.open(self._kept)
        ledger.open(self._known)
        self._waiting = ledger.slots("api/verifying", _WAITING, _WAITING_BYTES)

    @staticmethod
    def reserve() -> list[Reservation]:
        """What it takes, without allocating it."""
        return [
            BoundedMap.reserve("api/tokens", items=MOST_TOKENS, max_bytes=MOST_TOKENS * _KEPT_BYTES),
            BoundedMap.reserve("api/known tokens", items=_KNOWN, max_bytes=_KNOWN * _KNOWN_BYTES, ttl_ns=_KNOWN_NS),
            RateLimit.reserve("api/failures"),
            SlotAccount.reserve("api/verifying", _WAITING, _WAITING_BYTES),
        ]

    def wait_s(self, client: str) -> float:
        """Seconds until *client* is listened to again after too many failures; 0.0: it is."""
        return self._failures.wait_s(client)

    async def verify(self, secret: str, client: str) -> Token | None:
        """The token of that *secret*; None when there is none, and while *client* has to wait.

        TransientError, worth a retry, when too many wait to be verified, or the memory for it is not left.
        """
        if _SECRET.fullmatch(secret) is None:
            self._failures.take(client)
            return None
        digest = blake2b(secret.encode(), key=self._key, digest_size=32).digest()
        if self._is_current() and (known := self._known.get(digest)) is not None:
            return known
        if self.wait_s(client):
            return None
        self._waiting.take()
        try:
            async with self._turn:
                return await self._verify(secret, digest, client)
        finally:
            self._waiting.give_back()

    async def may_read(self, secret: str, client: str) -> bool:
        """Whether that *secret* is good for reading."""
        token = await self.verify(secret, client)
        return token is not None and token.allows("read")

    async def _verify(self, secret: str, digest: bytes, client: str) -> Token | None:
        # Another one of that client may have failed, or been right, while this one waited.
        if self.wait_s(client):
            return None
        if not self._is_current():
            await self._load()
        elif (known := self._known.get(digest)) is not None:
            return known
        seen, kept = self._seen, self._kept.get(secret[4:12])
        found = None
        if kept is not None:
            with self._ledger.transient(_VERIFYING_BYTES):
                found = await asyncio.to_thread(_found, secret, kept)
        if found is None:
            self._failures.take(client)
        elif seen == self._state():
            self._known.put(digest, found)
        return found

    async def _load(self) -> None:
        seen = self._state()
        self._known.clear()
        self._kept.clear()
        try:
            kept = await asyncio.to_thread(self._tokens.read)
        except StoreError as error:
            log.error("no token is accepted", cause=str(error))
            kept = ()
        for one in kept:
            self._kept.put(one.id, one)
        self._seen = seen

    def _is_current(self) -> bool:
        return self._seen is not None and self._seen == self._state()

    def _state(self) -> tuple[int, int, int]:
        """What changes with the file; it is replaced whole, so its inode does."""
        try:
            found = self._tokens.path.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_ino, found.st_mtime_ns, found.st_ctime_ns)


def _hashed(secret: str) -> str:
    from argon2.low_level import Type, hash_secret  # noqa: PLC0415 - who is asked from loopback alone needs none

    salt = secrets.token_bytes(_SALT_BYTES)
    return hash_secret(secret.encode(), salt, _PASSES, _MEMORY_KIB, _LANES, _HASH_BYTES, Type.ID).decode()


def _found(secret: str, kept: _Kept | None) -> Token | None:
    """*kept* without its hash, where the hash is that of *secret*."""
    from argon2.exceptions import VerificationError  # noqa: PLC0415 - who is asked from loopback alone needs none
    from argon2.low_level import Type, verify_secret  # noqa: PLC0415

    if kept is None or _SECRET.fullmatch(secret) is None:
        return None
    try:
        verify_secret(kept.hash.encode(), secret.encode(), Type.ID)
    except VerificationError:
        return None
    return kept.told()
