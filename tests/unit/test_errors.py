import inspect

import msgspec
import pytest

from tidemark import errors
from tidemark.errors import DECODE_ERRORS, FrameError, RateLimitError, RequestError, TidemarkError, UserError

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_stands_in_the_tree_and_in_its_drawing(kind: type[Exception]) -> None:
    assert issubclass(kind, TidemarkError)
    assert kind.__doc__
    assert errors.__doc__ is not None
    assert kind.__name__ in errors.__doc__


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_the_drawing_says_retry_exactly_where_a_retry_can_help(kind: type[TidemarkError]) -> None:
    assert errors.__doc__ is not None
    (line,) = [line for line in errors.__doc__.splitlines() if kind.__name__ in line.split()]
    assert line.endswith("retry") == kind.retry


def test_what_the_user_can_put_right_is_never_retried() -> None:
    assert {kind.__name__ for kind in ALL if issubclass(kind, UserError)} == {
        "UserError", "SettingsError", "BudgetError", "CaptureError", "DataError", "StoreError", "AddressError",
        "SilentProcessError", "UnscoredError", "UnknownSignalError", "StrategyError", "RequestError",
    }  # fmt: skip
    assert not any(kind.retry for kind in ALL if issubclass(kind, UserError))


def test_errors_carry_what_their_handlers_need() -> None:
    assert (FrameError("oversized", "too long").kind, str(FrameError("oversized", "too long"))) == (
        "oversized",
        "too long",
    )
    assert RateLimitError("wait", 1.5).retry_after_s == 1.5
    assert (RequestError(404, "no such market").status, str(RequestError(404, "none"))) == (404, "none")
    assert RateLimitError("wait").retry_after_s is None


@pytest.mark.parametrize("text", [b"[" * 9999, b'{"a":', b'"\xff"', b'"\\ud800"'])
def test_what_a_decoder_raises_on_hostile_input_is_among_those_named(text: bytes) -> None:
    with pytest.raises(DECODE_ERRORS):
        msgspec.json.decode(text)
