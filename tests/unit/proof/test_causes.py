import pytest

from tidemark.proof.causes import first_cause


def raised() -> Exception:
    with pytest.raises(ValueError, match="no such market") as caught:
        int("no such market")
    return caught.value


def test_the_first_error_of_a_group_of_groups_is_told_with_its_place() -> None:
    inner = ExceptionGroup("inner", [raised(), KeyError("later")])
    told = first_cause(ExceptionGroup("outer", [inner, OSError("last")]))

    assert told.startswith(
        "ValueError: invalid literal for int() with base 10: 'no such market', in test_causes.py line "
    )


def test_what_was_never_raised_has_no_place() -> None:
    assert first_cause(ValueError("no")) == "ValueError: no"
