import pytest

from tidemark.errors import UnreachableError
from tidemark.serve.relay.heard import Heard, heard


def test_the_head_of_a_message_is_read_whatever_follows() -> None:
    payload = b'{"type":"delta","topic":"overview","seq":7,"ts":1,"i":[0],"c":{"price":[1.5]}}'

    assert heard(payload) == Heard(type="delta", topic="overview", seq=7)
    assert heard(b'{"type":"error","detail":"no"}') == Heard(type="error", detail="no")


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'{"type":1}', b'{"type":"delta","seq":"x"}', b"[" * 100_000])
def test_what_is_no_message_is_refused_in_one_line(payload: bytes) -> None:
    with pytest.raises(UnreachableError, match="what is not understood"):
        heard(payload)
