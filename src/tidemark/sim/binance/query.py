"""Parameters of Binance's REST requests."""

from collections.abc import Mapping

from tidemark.units import parse_whole


class RequestError(Exception):
    """A request is wrong; answered with HTTP 400, a code and a message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def number(query: Mapping[str, str], name: str) -> int | None:
    """A whole number among the parameters; None when it is not there."""
    text = query.get(name, "")
    if not text:
        return None
    found = parse_whole(text)
    if found is None:
        raise RequestError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    return found


def bounded(query: Mapping[str, str], default: int, most: int) -> int:
    """The parameter `limit`, from 1 to *most*."""
    limit = number(query, "limit")
    if limit is None:
        return default
    if not 1 <= limit <= most:
        raise RequestError(-1130, "Data sent for parameter 'limit' is not valid.")
    return limit
