"""WebSocket frames as a server sends them: unmasked, so that the same bytes go to every client (RFC 6455, 5.2)."""

import struct

_FINAL_TEXT, _FINAL_CLOSE, _FINAL_PONG = 0x81, 0x88, 0x8A
_SHORT, _MEDIUM = 125, 0xFFFF
# A control frame carries at most 125 bytes, of which a code takes two.
_MOST_REASON = _SHORT - 2


def text_frame(payload: bytes) -> bytes:
    """A whole message of text.

    >>> text_frame(b"{}").hex()
    '81027b7d'
    """
    length = len(payload)
    if length <= _SHORT:
        return struct.pack("!BB", _FINAL_TEXT, length) + payload
    if length <= _MEDIUM:
        return struct.pack("!BBH", _FINAL_TEXT, 126, length) + payload
    return struct.pack("!BBQ", _FINAL_TEXT, 127, length) + payload


def close_frame(code: int, reason: str) -> bytes:
    """The end of a connection, and why; a reason that is too long is cut."""
    words = reason.encode()[:_MOST_REASON].decode(errors="ignore").encode()
    return struct.pack("!BBH", _FINAL_CLOSE, 2 + len(words), code) + words


def pong_frame(payload: bytes) -> bytes:
    """The answer to a ping of the protocol, with what it carried."""
    return struct.pack("!BB", _FINAL_PONG, len(payload[:_SHORT])) + payload[:_SHORT]
