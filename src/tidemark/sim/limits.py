"""How many requests a client may make: counted as the venues count them."""

import msgspec


class Verdict(msgspec.Struct, frozen=True):
    """What the counter says of one request: `used` includes it; `refused` is None or "limited" or "banned"."""

    used: int
    limit: int
    resets_ms: int
    refused: str | None
    retry_after_s: int


class Window:
    """A budget that begins anew every *length_ms* of the clock. All clients share it: they come from one address.

    Who goes on for *patience* further requests after being refused is banned for *ban_s* seconds.
    """

    def __init__(self, limit: int, length_ms: int, patience: int = 30, ban_s: int = 120) -> None:
        self.limit = limit
        self._length_ms = length_ms
        self._patience = patience
        self._ban_ms = ban_s * 1000
        self._window = -1
        self._used = 0
        self._refused = 0
        self._banned_until_ms = 0

    def spend(self, weight: int, now_ms: int) -> Verdict:
        """Count a request of *weight* at *now_ms*; a refused one counts too."""
        window = now_ms // self._length_ms
        if window != self._window:
            self._window, self._used, self._refused = window, 0, 0
        self._used += weight
        resets_ms = (window + 1) * self._length_ms
        if now_ms < self._banned_until_ms:
            return Verdict(self._used, self.limit, resets_ms, "banned", self._seconds(self._banned_until_ms - now_ms))
        if self._used <= self.limit:
            return Verdict(self._used, self.limit, resets_ms, None, 0)
        self._refused += 1
        if self._refused > self._patience:
            self._banned_until_ms = now_ms + self._ban_ms
            return Verdict(self._used, self.limit, resets_ms, "banned", self._seconds(self._ban_ms))
        return Verdict(self._used, self.limit, resets_ms, "limited", self._seconds(resets_ms - now_ms))

    def told(self, now_ms: int) -> Verdict:
        """What was spent by *now_ms*, without counting anything."""
        window = now_ms // self._length_ms
        used = self._used if window == self._window else 0
        return Verdict(used, self.limit, (window + 1) * self._length_ms, None, 0)

    @staticmethod
    def _seconds(milliseconds: int) -> int:
        return max(1, -(-milliseconds // 1000))
