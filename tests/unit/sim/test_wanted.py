from tidemark.sim.wanted import Wanted


def test_topics_keep_their_order_and_their_numbers() -> None:
    wanted = Wanted(["a@trade", "b@trade"])

    assert wanted.add("a@trade") == 0
    assert (list(wanted), len(wanted), wanted.version) == (["a@trade", "b@trade"], 2, 2)
    assert "b@trade" in wanted
    assert (wanted.names, wanted.encoded) == (["a@trade", "b@trade"], [b"a@trade", b"b@trade"])


def test_the_number_of_a_topic_that_is_gone_is_given_again() -> None:
    wanted = Wanted(["a@trade", "b@trade"])
    wanted.drop("a@trade")

    assert wanted.names == ["", "b@trade"]
    assert wanted.add("c@trade") == 0
    assert (list(wanted), wanted.version) == (["b@trade", "c@trade"], 4)
