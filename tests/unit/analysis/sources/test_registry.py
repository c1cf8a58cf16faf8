from tidemark.analysis.sources import registry


def test_every_source_says_what_it_gives_and_how_that_is_mirrored() -> None:
    assert {"book", "flow", "positions"} <= set(registry.names())
    assert not {"base", "registry"} & set(registry.names())
    for name in registry.names():
        assert registry.given(name)
        assert set(registry.mirror(name)) == set(registry.given(name))
        assert callable(registry.find(name).reserve)
