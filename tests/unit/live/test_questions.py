from pathlib import Path

import msgspec

from tidemark.live.questions import Answer, AskDiagnosis, AskSample, socket_address


def test_a_question_is_one_object_that_says_what_it_asks() -> None:
    decode = msgspec.json.Decoder(AskSample | AskDiagnosis).decode

    assert decode(b'{"ask":"sample"}') == AskSample(collects=False, is_whole=False, weigh=())
    assert decode(b'{"ask":"diagnosis","reason":"why"}') == AskDiagnosis(reason="why")


def test_an_answer_holds_nothing_but_what_was_asked() -> None:
    assert msgspec.json.encode(Answer(error="no", retry=True)) == b'{"error":"no","retry":true}'


def test_a_long_path_is_reached_by_way_of_its_folder() -> None:
    assert socket_address(Path("/a/control.sock"), 7) == "/a/control.sock"
    assert socket_address(Path("/" + 100 * "a") / "control.sock", 7) == "/proc/self/fd/7/control.sock"
