"""Every error that Tidemark raises on purpose, in one tree.

    TidemarkError
    ├── UserError                 somebody can fix it: one line, exit code 2
    │   ├── SettingsError         a key, value, flag or environment variable is wrong
    │   ├── BudgetError           the plan does not fit, even after every sacrifice
    │   ├── CaptureError          a recording is missing, damaged or of no known layout
    │   ├── DataError             candles in files are missing, damaged or not in order
    │   ├── StoreError            a folder cannot be written to
    │   ├── AddressError          a port is taken, an address cannot be bound
    │   ├── SilentProcessError    no running process answers, or it refuses
    │   ├── UnscoredError         a market is not watched, or nothing is scored yet
    │   ├── UnknownSignalError    there is no signal of that id
    │   ├── StrategyError         a strategy of the user's raised, or does not run
    │   └── RequestError          a request over HTTP is refused
    ├── MemoryBoundError          the ledger refused
    │   ├── OwnerError            an owner's name is taken, or its reservation makes no sense
    │   ├── SealedError           an account was opened after the seal
    │   ├── TransientError        more transient bytes asked for than are left   retry
    │   ├── SlowConsumerError     a consumer fell behind its queue: close it
    │   ├── QueueClosedError      the queue takes no more, or has been drained
    │   └── TaskLimitError        as many tasks run as were reserved             retry
    ├── FrameError                a frame is malformed, unknown or hostile; counted, sampled, skipped
    ├── VenueError                the exchange answered, and the answer was no
    │   ├── RateLimitError        429, 418 or a spent weight budget              retry
    │   └── RefusedError          an error code that a retry does not change
    ├── SinkError                 a sink did not take a notification             retry
    │   └── SinkRefusedError      it refused: a retry does not change that
    ├── UnreachableError          an exchange, monitor or Redis does not answer  retry
    └── DatabaseError             the database does not answer, or not in time   retry
        └── UnmadeError           the database has no tables yet                 retry

Each message says what happened, where, with which values, and what to do next.
"""

import msgspec

# What a decoder of JSON raises on hostile input, all of it: deep nesting ends in RecursionError, bad UTF-8 in
# UnicodeError. Whoever decodes what others wrote catches these.
DECODE_ERRORS = (msgspec.MsgspecError, RecursionError, UnicodeError)


class TidemarkError(Exception):
    """Base of the tree. `retry` says whether doing the same again can help."""

    retry = False


class UserError(TidemarkError):
    """Something that the person at the keyboard can put right."""


class SettingsError(UserError):
    """A setting is unknown, malformed or out of range."""


class BudgetError(UserError):
    """The memory plan does not fit its budget."""


class CaptureError(UserError):
    """A recording cannot be read."""


class DataError(UserError):
    """Candles in files cannot be used as they are."""


class StoreError(UserError):
    """What should be kept cannot be written where the settings say."""


class AddressError(UserError):
    """A local address cannot be used."""


class SilentProcessError(UserError):
    """A process that should be asked does not answer, or not in a way that is understood."""


class UnscoredError(UserError):
    """A score is asked for where there is none."""


class UnknownSignalError(UserError):
    """A signal is asked for that there is none of."""


class StrategyError(UserError):
    """A strategy that the user wrote raised."""


class RequestError(UserError):
    """A request over HTTP that is refused, with *status*."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class MemoryBoundError(TidemarkError):
    """The ledger refused a request for memory."""


class OwnerError(MemoryBoundError):
    """An owner cannot be listed: its name is taken, or what it reserves makes no sense."""


class SealedError(MemoryBoundError):
    """An account was opened after the ledger was sealed."""


class TransientError(MemoryBoundError):
    """More transient bytes were asked for than are left."""

    retry = True


class SlowConsumerError(MemoryBoundError):
    """A consumer did not keep up with its queue; whoever owns the consumer closes it."""


class QueueClosedError(MemoryBoundError):
    """A queue was closed: it takes nothing more, and a consumer has had the last of it."""


class TaskLimitError(MemoryBoundError):
    """As many tasks run as were reserved."""

    retry = True


class FrameError(TidemarkError):
    """A frame that cannot be used. `kind` is one of a closed set of names, by which it is counted."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class VenueError(TidemarkError):
    """The exchange answered with an error."""


class RateLimitError(VenueError):
    """The exchange asks for patience. `retry_after_s` is its own word for how long, if it gave one."""

    retry = True

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RefusedError(VenueError):
    """The exchange refused a request for a reason that a retry does not change."""


class SinkError(TidemarkError):
    """A sink did not take a notification. `retry_after_s` is its own word for how long to wait, if it gave one."""

    retry = True

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SinkRefusedError(SinkError):
    """A sink refused a notification for a reason that a retry does not change."""

    retry = False


class UnreachableError(TidemarkError):
    """The exchange, or for `tidemark serve` its monitor or Redis, cannot be reached."""

    retry = True


class DatabaseError(TidemarkError):
    """The database, or the process that reads it, does not answer, or not in time."""

    retry = True


class UnmadeError(DatabaseError):
    """The database has no tables yet: the process that writes the archive makes them."""
