from tidemark.sim.schematics.label import FAILED, KIND_OF, KINDS, NAMES, TEMPLATES


def test_every_name_leads_to_its_kind() -> None:
    assert KIND_OF["SC"] == KIND_OF["BC"] == KIND_OF["CLIMAX"] == "CLIMAX"
    assert KIND_OF["UTAD"] == "SPRING"
    assert set(KIND_OF.values()) == set(KINDS) == set(NAMES)


def test_templates_are_three_and_their_mirrors() -> None:
    mirrored = {name.replace("ACCUMULATION", "DISTRIBUTION") for name in TEMPLATES if "ACCUMULATION" in name}

    assert len(TEMPLATES) == 6
    assert mirrored == {name for name in TEMPLATES if "DISTRIBUTION" in name}
    assert not set(FAILED) & set(TEMPLATES)
