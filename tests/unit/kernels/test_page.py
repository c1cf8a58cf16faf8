import struct

import numpy as np
import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import page as built
from tidemark.kernels.page import Page

MODES = [built, load_pure("page")]


def filled(module: object) -> Page:
    page: Page = module.Page(5)  # type: ignore[attr-defined]
    page.put(1_000, 2, b"{}")
    page.put(2_000, 0, b"[1]", b"{verbatim}")
    page.put(3_000, 2, b"x" * 70_000)
    return page


@pytest.mark.parametrize("module", MODES)
def test_frames_are_read_as_they_were_put(module: object) -> None:
    page = filled(module)

    assert page.frames()[:2] == [(1_000, 2, b"{}", None), (2_000, 0, b"[1]", b"{verbatim}")]
    assert (page.count, page.last_ns(), page.payload, page.is_full) == (3, 3_000, 70_005, True)
    page.clear()
    assert (page.count, page.payload, page.is_full, page.frames()) == (0, 0, False, [])


@pytest.mark.parametrize("module", MODES)
def test_a_client_gets_its_topics_with_headers_and_the_last_payload_alone(module: object) -> None:
    page = filled(module)
    names = [b"a@trade", b"", b"b@trade"]

    assert page.gather(bytearray((1, 0, 0)), False, names) == (b"", b"[1]")
    assert page.gather(bytearray((0, 1, 0)), False, names) is None
    assert page.gather(bytearray((1, 1, 1)), False, names) == (b"\x81\x02{}\x81\x03[1]", b"x" * 70_000)
    told, last = page.gather(bytearray((1, 0, 1)), True, names)
    made = b'{"stream":"b@trade","data":{}}'
    assert told == b"\x81" + bytes([len(made)]) + made + b"\x81\x0a{verbatim}"
    assert last == b'{"stream":"b@trade","data":' + b"x" * 70_000 + b"}"


@pytest.mark.parametrize("module", MODES)
def test_every_length_has_the_header_of_rfc_6455(module: object) -> None:
    for length, head in ((125, b"\x81\x7d"), (126, b"\x81\x7e\x00\x7e"), (65_535, b"\x81\x7e\xff\xff"),
                         (65_536, b"\x81\x7f" + struct.pack(">Q", 65_536))):  # fmt: skip
        page = module.Page(0)  # type: ignore[attr-defined]
        page.put(0, 0, b"x" * length)
        page.put(0, 0, b"last")
        assert page.gather(bytearray((1,)), False, [b""])[0] == head + b"x" * length


@pytest.mark.parametrize("module", MODES)
def test_frames_are_counted_by_their_numbers(module: object) -> None:
    sent = np.zeros(3, np.int64)
    filled(module).add_to(sent)

    assert sent.tolist() == [1, 0, 2]


@pytest.mark.parametrize("module", MODES)
@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.5, 0, b"0"), (1.5, 0, b"2"), (2.5, 0, b"2"), (1.005, 2, b"1.00"), (0.1 * 3, 1, b"0.3"), (-0.0, 2, b"-0.00"),
        (-1e-9, 6, b"-0.000000"), (84_800 * 0.1, 1, b"8480.0"), (1e20, 4, b"100000000000000000000.0000"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_their_doubles_are(module: object, value: float, decimals: int, text: bytes) -> None:
    page = module.Page(0)  # type: ignore[attr-defined]
    page.figure(value, decimals)

    assert page.take() == text


@pytest.mark.parametrize("module", MODES)
def test_texts_that_differ_have_other_keys(module: object) -> None:
    key = module.digits_of  # type: ignore[attr-defined]

    assert (key(0.00005, 4), key(0.00015, 4), key(12.5, 0)) == (1, 1, 12)
    assert key(1e18, 4) == 10**22 & (1 << 62) - 1


def test_what_was_not_handed_over_grows_the_page() -> None:
    page = Page(1 << 30)
    for k in range(1_000):
        page.put(k, k % 7, b"%d" % k)

    assert [frame[2] for frame in page.frames()] == [b"%d" % k for k in range(1_000)]
