from tidemark.live.reader_job import ADDRESS_BYTES, RESIDENT_BYTES, TRANSIENT_BYTES, reserve


def test_the_plan_names_what_the_process_may_have() -> None:
    assert (reserve().owner, reserve().bytes) == ("database reader", RESIDENT_BYTES)
    assert TRANSIENT_BYTES < RESIDENT_BYTES < ADDRESS_BYTES
