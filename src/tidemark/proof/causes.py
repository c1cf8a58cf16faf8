"""Why a process under proof failed, in one line."""

import traceback
from pathlib import Path


def first_cause(error: BaseException | None) -> str:
    """The first cause in a group of groups, with the place where it was raised."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    last = traceback.extract_tb(error.__traceback__)[-1] if error is not None and error.__traceback__ else None
    place = f", in {Path(last.filename).name} line {last.lineno}" if last is not None else ""
    return f"{type(error).__name__}: {error}{place}"
