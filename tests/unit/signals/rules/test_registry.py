from tidemark.signals.rules import registry, whale_flow


def test_every_file_beside_it_is_a_rule_and_its_own_are_not() -> None:
    names = registry.names()

    assert list(names) == sorted(names)
    assert {"confluence", "quiet_pause", "feed_quality"} <= set(names)
    assert not {"base", "registry"} & set(names)


def test_a_rule_is_its_module() -> None:
    assert registry.find("whale_flow") is registry.rules()["whale_flow"]
    assert registry.find("whale_flow").TITLE == whale_flow.TITLE
