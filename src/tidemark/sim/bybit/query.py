"""Parameters of Bybit's REST requests."""

from collections.abc import Mapping

from tidemark.units import parse_whole


class ParameterError(Exception):
    """A parameter of a request is wrong; answered with retCode 10001."""


def number(query: Mapping[str, str], name: str, default: int) -> int:
    """A whole number among the parameters."""
    text = query.get(name, "")
    if not text:
        return default
    found = parse_whole(text.removeprefix("-"))
    if found is None:
        raise ParameterError(f"params error: {name} invalid")
    return -found if text.startswith("-") else found
