"""Book messages with something wrong in them, made from good ones."""

import re

ID_JUMP = 1_000_000
_IDS = re.compile(rb'"(u|U|pu)":(\d+)')
_LEVEL = re.compile(rb'\["([0-9.]+)","[0-9.]+"\]')


def is_delta(payload: bytes) -> bool:
    """Whether it changes a book, other than to replace it."""
    return b'"type":"delta"' in payload or b'"depthUpdate"' in payload


def with_broken_ids(payload: bytes) -> bytes:
    """The same changes under ids that do not join those around them."""
    return _IDS.sub(lambda found: b'"%b":%d' % (found[1], int(found[2]) + ID_JUMP), payload)


def crossed(payload: bytes) -> bytes:
    """With a bid a fifth above the first price in it: a book of 1,000 levels does not reach that far."""
    found = _LEVEL.search(payload)
    if found is None:
        return payload
    text = found[1]
    decimals = len(text.partition(b".")[2])
    units = int(text.replace(b".", b""))
    # Whole hundreds of the last decimal are ticks of every market.
    units += max(1, units // 500) * 100
    digits = b"%0*d" % (decimals + 1, units)
    price = digits[: len(digits) - decimals] + (b"." + digits[len(digits) - decimals :] if decimals else b"")
    bid = b'["%b",%b' % (price, found[0].partition(b",")[2])
    separator = b"" if b'"b":[]' in payload else b","
    return payload.replace(b'"b":[', b'"b":[' + bid + separator, 1)
