import asyncio
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from tidemark.api.tokens import MOST_FILE_BYTES, MOST_TOKENS, Created, Scope, Token, Tokens, Verifier
from tidemark.clock import EventClock
from tidemark.errors import SettingsError, StoreError, TransientError
from tidemark.memory.ledger import Ledger
from tidemark.units import MIB, SECOND

NOW = 1_793_491_200 * SECOND
READ: tuple[Scope, ...] = ("read",)
WRITE: tuple[Scope, ...] = ("write",)
NEVER_MADE = f"tdm_00000000_{'A' * 43}"


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path / "store")


class Desk:
    """A verifier, its clock and its ledger."""

    def __init__(self, tokens: Tokens, transient: int = 32 * MIB) -> None:
        self.clock = EventClock()
        self.ledger = Ledger(transient)
        self.verifier = Verifier(tokens, self.clock, self.ledger)
        self.ledger.seal()

    def pass_s(self, seconds: float) -> None:
        self.clock.set(self.clock.now_ns() + int(seconds * SECOND))

    async def shows(self, secret: str, client: str = "192.0.2.1") -> str | None:
        """The name of the token that *secret* is taken for."""
        found = await self.verifier.verify(secret, client)
        return None if found is None else found.name

    def peak(self, owner: str) -> int:
        (line,) = [line for line in self.ledger.report() if line.owner == owner]
        return line.peak


def altered(tokens: Tokens, change: Callable[[dict[str, object]], None]) -> None:
    """Change the only token in the file."""
    held = json.loads(tokens.path.read_text())
    change(held["tokens"][0])
    tokens.path.write_text(json.dumps(held))


def test_a_secret_is_told_once_and_only_its_hash_is_kept(tokens: Tokens) -> None:
    created = tokens.create("grafana", READ, NOW)

    head, number, rest = created.secret.split("_", 2)
    assert (head, number, len(rest)) == ("tdm", created.token.id, 43)
    assert rest not in tokens.path.read_text()
    assert '"$argon2id$v=19$m=7168,t=5,p=1$' in tokens.path.read_text()
    assert created.token == Token(id=number, name="grafana", scopes=READ, created_ms=1_793_491_200_000)


def test_two_secrets_are_never_the_same(tokens: Tokens) -> None:
    one, other = tokens.create("one", READ, NOW), tokens.create("other", READ, NOW)

    assert one.secret != other.secret
    assert one.token.id != other.token.id


def test_a_secret_is_recognised_and_nothing_near_it_is(tokens: Tokens) -> None:
    created = tokens.create("grafana", READ, NOW)
    secret = created.secret
    last = "A" if secret[-1] != "A" else "B"

    assert tokens.verify(secret) == created.token
    for wrong in (secret[:-1] + last, secret[:-1], secret + "A", secret.upper(), "", NEVER_MADE, secret + "\n"):
        assert tokens.verify(wrong) is None, wrong


def test_a_list_never_tells_a_hash(tokens: Tokens) -> None:
    tokens.create("one", READ, NOW)
    tokens.create("two", ("write", "read"), NOW)

    told = tokens.listed()

    assert [(one.name, one.scopes) for one in told] == [("one", READ), ("two", ("read", "write"))]
    assert b"argon2" not in msgspec.json.encode(told)


def test_who_may_write_may_read() -> None:
    reader = Token(id="00000000", name="a", scopes=READ, created_ms=0)
    writer = Token(id="00000001", name="b", scopes=WRITE, created_ms=0)

    assert (reader.allows("read"), reader.allows("write")) == (True, False)
    assert (writer.allows("read"), writer.allows("write")) == (True, True)


def test_a_token_is_revoked_by_its_id_or_its_name(tokens: Tokens) -> None:
    one, other = tokens.create("one", READ, NOW), tokens.create("other", READ, NOW)

    assert tokens.revoke(one.token.id) == one.token
    assert tokens.revoke("other") == other.token
    assert tokens.listed() == []
    assert tokens.verify(one.secret) is None


def test_what_is_not_there_cannot_be_revoked(tokens: Tokens) -> None:
    with pytest.raises(SettingsError, match="no token 'nobody'"):
        tokens.revoke("nobody")


def test_a_name_is_given_once(tokens: Tokens) -> None:
    tokens.create("grafana", READ, NOW)

    with pytest.raises(SettingsError, match="'grafana' already"):
        tokens.create("grafana", WRITE, NOW)
    assert len(tokens.listed()) == 1


@pytest.mark.parametrize("name", ["", " ", "-x", "a b", "x" * 41, "a\n", "é", "0a1b2c3d", "../x"])
def test_a_name_that_would_mislead_is_refused(tokens: Tokens, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be called"):
        tokens.create(name, READ, NOW)
    assert not tokens.path.exists()


def test_there_are_a_hundred_tokens_at_most_and_the_file_holds_them(tokens: Tokens) -> None:
    tokens.create("x" * 40, ("read", "write"), NOW)
    held = json.loads(tokens.path.read_text())
    first = held["tokens"][0]
    held["tokens"] = [first | {"id": f"{n:08x}", "name": f"{n:040}"} for n in range(MOST_TOKENS)]
    tokens.path.write_text(json.dumps(held, indent=1))

    with pytest.raises(SettingsError, match="100 tokens"):
        tokens.create("one-more", READ, NOW)
    tokens.revoke("00000000")
    tokens.create("one-more", READ, NOW)
    assert len(tokens.listed()) == MOST_TOKENS
    assert tokens.path.stat().st_size < MOST_FILE_BYTES * 3 / 4


def test_the_file_is_its_users_alone_from_the_first_byte(tokens: Tokens) -> None:
    before = os.umask(0)
    try:
        tokens.create("grafana", READ, NOW)
    finally:
        os.umask(before)

    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o600
    assert [path.name for path in tokens.path.parent.glob("*.partial")] == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602, 0o666])
def test_a_file_that_others_may_read_or_replace_is_not_trusted(tokens: Tokens, mode: int) -> None:
    tokens.create("grafana", READ, NOW)
    tokens.path.chmod(mode)

    with pytest.raises(StoreError, match=f"mode {mode:o}"):
        tokens.listed()


def test_a_link_is_not_followed(tokens: Tokens, tmp_path: Path) -> None:
    tokens.create("grafana", READ, NOW)
    tokens.path.rename(tmp_path / "elsewhere")
    tokens.path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StoreError, match="cannot be read"):
        tokens.listed()


def test_a_file_is_bounded_before_it_is_parsed(tokens: Tokens) -> None:
    tokens.create("grafana", READ, NOW)
    with tokens.path.open("ab") as file:
        file.write(b" " * MOST_FILE_BYTES)

    with pytest.raises(StoreError, match="larger than the 65536 bytes"):
        tokens.listed()


@pytest.mark.parametrize(
    "text", [b"", b"nonsense", b"[" * 50_000, b"\xff", b'{"version":2}', b'{"tokens":[{}]}', b'{"version":1,"extra":1}']
)
def test_a_file_that_was_not_written_by_us_is_refused_in_one_line(tokens: Tokens, text: bytes) -> None:
    tokens.create("grafana", READ, NOW)
    tokens.path.write_bytes(text)

    with pytest.raises(StoreError, match="not as it was written"):
        tokens.listed()


@pytest.mark.parametrize("costs", ["m=4194304,t=5,p=1", "m=7168,t=4000000,p=1", "m=7168,t=5,p=255", "m=8,t=1,p=1"])
def test_a_hash_of_other_costs_is_refused_before_it_is_computed(tokens: Tokens, costs: str) -> None:
    tokens.create("grafana", READ, NOW)
    altered(tokens, lambda one: one.update(hash=str(one["hash"]).replace("m=7168,t=5,p=1", costs)))

    with pytest.raises(StoreError, match="not as it was written"):
        tokens.listed()


def test_a_folder_that_cannot_be_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="tokens cannot be kept in"):
        Tokens(tmp_path / "file" / "x").create("grafana", READ, NOW)


def test_two_that_create_at_once_lose_nothing(tokens: Tokens) -> None:
    program = (
        "import sys; from pathlib import Path; from tidemark.api.tokens import Tokens\n"
        "for n in range(5): Tokens(Path(sys.argv[1])).create(f'{sys.argv[2]}{n}', ('read',), 0)"
    )
    arguments = [sys.executable, "-c", program, str(tokens.path.parent)]

    both = [subprocess.Popen([*arguments, name]) for name in "ab"]

    assert [one.wait(60) for one in both] == [0, 0]
    assert len(tokens.listed()) == 10


async def test_a_verifier_knows_whose_secret_it_is(tokens: Tokens) -> None:
    created = tokens.create("grafana", READ, NOW)
    desk = Desk(tokens)

    assert await desk.verifier.verify(created.secret, "192.0.2.1") == created.token
    assert await desk.shows(NEVER_MADE) is None
    assert await desk.shows("nonsense") is None


async def test_a_secret_that_is_good_for_reading_may_read_and_no_other(tokens: Tokens) -> None:
    desk = Desk(tokens)
    created = tokens.create("page", READ, NOW)

    assert await desk.verifier.may_read(created.secret, "192.0.2.1")
    assert not await desk.verifier.may_read(NEVER_MADE, "192.0.2.1")


async def test_a_secret_is_hashed_once_in_five_minutes(tokens: Tokens) -> None:
    """A second verification would hold transient memory, of which nothing is left."""
    created = tokens.create("grafana", READ, NOW)
    desk = Desk(tokens, transient=8 * MIB)
    assert await desk.shows(created.secret) == "grafana"

    with desk.ledger.transient(8 * MIB):
        assert await desk.shows(created.secret) == "grafana"
        desk.pass_s(299)
        assert await desk.shows(created.secret) == "grafana"
        desk.pass_s(2)
        with pytest.raises(TransientError):
            await desk.shows(created.secret)
    assert await desk.shows(created.secret) == "grafana"


async def test_a_token_that_is_revoked_is_refused_at_once(tokens: Tokens) -> None:
    kept, gone = tokens.create("kept", READ, NOW), tokens.create("gone", READ, NOW)
    desk = Desk(tokens)
    assert await desk.shows(gone.secret) == "gone"

    tokens.revoke("gone")

    assert await desk.shows(gone.secret) is None
    assert await desk.shows(kept.secret) == "kept"


async def test_a_token_that_is_created_later_is_accepted_without_a_restart(tokens: Tokens) -> None:
    desk = Desk(tokens)
    assert await desk.shows(NEVER_MADE) is None

    created = tokens.create("late", READ, NOW)

    assert await desk.shows(created.secret) == "late"


async def test_five_failures_are_listened_to_then_one_in_ten_seconds(tokens: Tokens) -> None:
    created = tokens.create("grafana", READ, NOW)
    desk = Desk(tokens)
    for _ in range(5):
        assert desk.verifier.wait_s("192.0.2.1") == 0.0
        await desk.shows(created.secret[:-1] + "_")

    assert desk.verifier.wait_s("192.0.2.1") == 10.0
    assert await desk.shows(created.secret) is None
    assert await desk.shows(created.secret, "192.0.2.2") == "grafana"
    desk.pass_s(10)
    assert await desk.shows(created.secret) == "grafana"


async def test_whoever_is_known_does_not_suffer_from_those_who_guess_at_the_same_address(tokens: Tokens) -> None:
    created = tokens.create("grafana", READ, NOW)
    desk = Desk(tokens)
    assert await desk.shows(created.secret) == "grafana"
    for _ in range(9):
        await desk.shows(NEVER_MADE)

    assert desk.verifier.wait_s("192.0.2.1") > 0
    assert await desk.shows(created.secret) == "grafana"


async def test_those_who_wait_are_not_listened_to_once_too_many_of_theirs_were_wrong(tokens: Tokens) -> None:
    created = tokens.create("grafana", READ, NOW)
    desk = Desk(tokens)
    wrong = [f"tdm_{created.token.id}_{number:043}" for number in range(9)]

    assert await asyncio.gather(*(desk.shows(secret) for secret in wrong)) == [None] * 9

    # Five were hashed and failed. Of the other four, which waited for their turn, no failure was to be counted.
    assert desk.verifier.wait_s("192.0.2.1") == 10.0
    assert desk.verifier._failures.refused == 0


async def test_a_crowd_of_unknown_secrets_takes_turns_and_is_bounded(tokens: Tokens) -> None:
    made = [tokens.create(f"t{n}", READ, NOW) for n in range(3)]
    desk = Desk(tokens)

    async def show(created: Created, client: int) -> str | None:
        return await desk.shows(created.secret, f"192.0.2.{client}")

    asked = await asyncio.gather(*(show(made[n % 3], n) for n in range(40)), return_exceptions=True)

    assert sum(isinstance(one, TransientError) for one in asked) == 40 - 16
    assert {one for one in asked if isinstance(one, str)} == {"t0", "t1", "t2"}
    assert desk.peak("transient") == 8 * MIB
    assert desk.peak("api/verifying") == 16
    assert desk.ledger.violations() == []


async def test_the_loop_goes_on_while_a_secret_is_verified(tokens: Tokens) -> None:
    created = tokens.create("grafana", READ, NOW)
    desk = Desk(tokens)
    verifying = asyncio.ensure_future(desk.shows(created.secret))
    turns = 0

    while not verifying.done():
        turns += 1
        await asyncio.sleep(0)

    assert verifying.result() == "grafana"
    assert turns > 20


async def test_a_file_that_is_damaged_while_it_runs_lets_nobody_in(tokens: Tokens) -> None:
    created = tokens.create("grafana", READ, NOW)
    desk = Desk(tokens)
    assert await desk.shows(created.secret) == "grafana"

    with capture_logs() as logs:
        tokens.path.write_text("nonsense")
        assert await desk.shows(created.secret) is None
        assert await desk.shows(created.secret) is None

    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("no token is accepted", "error")]


async def test_a_verifier_reserves_what_it_opens(tokens: Tokens) -> None:
    desk = Desk(tokens)

    opened = {line.owner: line.bytes_reserved for line in desk.ledger.report() if line.owner != "transient"}

    assert opened == {one.owner: one.bytes for one in Verifier.reserve()}
