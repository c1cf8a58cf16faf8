from tidemark.kernels import structure
from tidemark.sim.schematics.label import FAILED, KIND_OF, KINDS, NAMES, TEMPLATES


def test_every_name_leads_to_its_kind() -> None:
    assert KIND_OF["SC"] == KIND_OF["BC"] == KIND_OF["CLIMAX"] == "CLIMAX"
    assert KIND_OF["UTAD"] == "SPRING"
    assert set(KIND_OF.values()) == set(KINDS) == set(NAMES)


def test_each_kind_is_called_as_its_event_is() -> None:
    assert len(NAMES) == structure.KINDS
    assert (NAMES["SIGN_OF_STRENGTH"], NAMES["SHAKEOUT"], KINDS[structure.SIGN]) == (
        ("SOS", "SOW"), ("SHAKEOUT", "UT"), "SIGN_OF_STRENGTH",
    )  # fmt: skip


def test_templates_are_three_and_their_mirrors() -> None:
    mirrored = {name.replace("ACCUMULATION", "DISTRIBUTION") for name in TEMPLATES if "ACCUMULATION" in name}

    assert len(TEMPLATES) == 6
    assert mirrored == {name for name in TEMPLATES if "DISTRIBUTION" in name}
    assert not set(FAILED) & set(TEMPLATES)
