from tidemark.analysis.indicators import base, registry


def test_every_indicator_has_what_one_is_made_of() -> None:
    wanted = {name for name in vars(base.Indicator) if name.isupper()} | {"update"}

    for name in registry.names():
        assert wanted <= set(dir(registry.find(name))), name
