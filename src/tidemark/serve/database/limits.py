"""How much of a database those who ask may have, and how long."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of a pool; seconds where a name ends in _s.

    kept, beyond: connections that stay open, and more of them while many ask. wait_s: for one of them. waiting: so many
    may wait; one more is refused. renew_s: an older connection is replaced. command_s: of one statement. connect_s: of
    a connection in the making, and of the question whether an old one still lives. held_s: a connection that is lent
    for longer is told. rest_s: after a connection failed, nobody else tries for so long.
    """

    kept: int = 10
    beyond: int = 10
    wait_s: float = 30.0
    waiting: int = 100
    renew_s: float = 3600.0
    command_s: float = 60.0
    connect_s: float = 5.0
    held_s: float = 10.0
    rest_s: float = 1.0

    @property
    def most(self) -> int:
        """Connections at most."""
        return self.kept + self.beyond
