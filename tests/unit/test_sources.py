from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta, Struct

from tidemark.errors import SettingsError
from tidemark.sources import ByteCount, EffectiveRow, Seconds, Secret, load_as, schema_of


class Inner(Struct, frozen=True, kw_only=True):
    depth: Annotated[int, Meta(ge=1, le=9, description="How deep")] = 3


class Api(Struct, frozen=True, kw_only=True):
    token: Annotated[Secret, Meta(description="Who may ask")] = Secret("default token")
    size: Annotated[ByteCount, Meta(ge=1024, description="How large")] = 2048
    wait: Annotated[Seconds, Meta(ge=0.5, description="How long")] = 1.5
    share: Annotated[float, Meta(ge=0.0, le=1.0, description="How much")] = 0.5
    on: Annotated[bool, Meta(description="Whether")] = False
    names: Annotated[tuple[str, ...], Meta(description="Who")] = ("a", "b")
    limit: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="How many")] = None
    inner: Inner = Inner()


class Root(Struct, frozen=True, kw_only=True):
    api: Api = Api()


def written(folder: Path, text: str) -> Path:
    file = folder / "tidemark.toml"
    file.write_text(text)
    return file


def test_defaults_hold_where_nothing_is_written() -> None:
    loaded = load_as(Root, None, {}, {})
    assert loaded.settings.api.size == 2048
    assert loaded.source_of("api.size") == "default"


def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(tmp_path: Path) -> None:
    file = written(tmp_path, '[api]\nsize = "3KB"\nwait = "2s"\nlimit = 7\n')
    loaded = load_as(Root, file, {"TIDEMARK_API_SIZE": "4KB", "TIDEMARK_API_WAIT": "3s"}, {"api.size": "5KB"})
    api = loaded.settings.api
    assert (api.size, api.wait, api.limit, api.share) == (5 * 1024, 3.0, 7, 0.5)
    assert loaded.source_of("api.size") == "flag api.size"
    assert loaded.source_of("api.wait") == "environment TIDEMARK_API_WAIT"
    assert loaded.source_of("api.limit") == f"file {file}"
    assert loaded.source_of("api.share") == "default"


def test_every_type_is_read_from_text() -> None:
    flags = {
        "api.share": "0.25",
        "api.on": "true",
        "api.names": "x, y,",
        "api.limit": "12",
        "api.inner.depth": "9",
        "api.token": "abc",
    }
    api = load_as(Root, None, {}, flags).settings.api
    assert (api.share, api.on, api.names, api.limit, api.inner.depth) == (0.25, True, ("x", "y"), 12, 9)
    assert api.token.reveal() == "abc"


def test_none_is_written_as_none() -> None:
    environment = {"TIDEMARK_API_LIMIT": "4"}
    assert load_as(Root, None, environment, {"api.limit": "none"}).settings.api.limit is None


def test_every_type_is_read_from_toml(tmp_path: Path) -> None:
    file = written(tmp_path, '[api]\nsize = 4096\non = true\nnames = ["x"]\nshare = 1\n[api.inner]\ndepth = 2\n')
    api = load_as(Root, file, {}, {}).settings.api
    assert (api.size, api.on, api.names, api.share, api.inner.depth) == (4096, True, ("x",), 1.0, 2)


@pytest.mark.parametrize(
    ("key", "text", "allowed"),
    [
        ("api.size", "1KiBs", "a size like 256MB, at least 1KB"),
        ("api.size", "1000", "a size like 256MB, at least 1KB"),
        ("api.wait", "5", "a duration like 10m, at least 500ms"),
        ("api.wait", "100ms", "a duration like 10m, at least 500ms"),
        ("api.share", "1.5", "a number, at least 0.0, at most 1.0"),
        ("api.share", "nan", "a number, at least 0.0, at most 1.0"),
        ("api.share", "much", "a number, at least 0.0, at most 1.0"),
        ("api.on", "maybe", "true or false"),
        ("api.limit", "0", "a whole number or none, at least 1"),
        ("api.inner.depth", "none", "a whole number, at least 1, at most 9"),
    ],
)
def test_a_wrong_value_names_key_value_allowed_and_source(key: str, text: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_as(Root, None, {}, {key: text})
    assert str(error.value) == f"{key} = {text!r} (flag {key}): allowed is {allowed}"


@pytest.mark.parametrize("line", ['on = "true"', "wait = 5", "share = nan", "names = 5", "names = [1]", "limit = 1.5"])
def test_toml_is_read_strictly(tmp_path: Path, line: str) -> None:
    key = "api." + line.split(" ", maxsplit=1)[0]
    file = written(tmp_path, f"[api]\n{line}\n")
    if key == "api.on":
        assert load_as(Root, file, {}, {}).settings.api.on is True
        return
    with pytest.raises(SettingsError, match=key) as error:
        load_as(Root, file, {}, {})
    assert f"(file {file})" in str(error.value)


@pytest.mark.parametrize(
    ("file", "environment", "flags", "message"),
    [
        ("[api]\nsiez = 1\n", {}, {}, "no setting api.siez .*nearest is api.size"),
        ("[apy]\nsize = 1\n", {}, {}, "no setting apy.size .*nearest is api.size"),
        ("[apy]\n", {}, {}, "no setting apy "),
        ("api = 5\n", {}, {}, "no setting api "),
        ("[api.size]\nx = 1\n", {}, {}, "no setting api.size.x .*nearest is api.size"),
        ("", {"TIDEMARK_API_SIEZ": "1"}, {}, "no setting TIDEMARK_API_SIEZ .*nearest is TIDEMARK_API_SIZE"),
        ("a." * 3000 + "a = 1\n", {}, {}, r"no setting a\.a\.a.*; the nearest is api"),
        ("", {}, {"api.on" * 9999: "1"}, r"no setting api.onapi.on.{20,200}; the nearest is api"),
        ("", {}, {"api.nmaes": "1"}, r"no setting api.nmaes \(flag api.nmaes\).*nearest is api.names"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(
    tmp_path: Path, file: str, environment: dict[str, str], flags: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        load_as(Root, written(tmp_path, file), environment, flags)


@pytest.mark.parametrize("key", ["api.share", "api.names", "api.token", "api.size"])
def test_words_that_are_no_text_are_refused(key: str) -> None:
    """The operating system hands on bytes that are no UTF-8 as surrogates."""
    with pytest.raises(SettingsError, match=key):
        load_as(Root, None, {}, {key: "\udc80"})


def test_variables_of_other_programs_are_left_alone() -> None:
    environment = {"TIDEMARK_DATA": "x", "TIDEMARK_NO_SKIP": "1", "TIDEMARK_PURE": "1", "HOME": "/", "PATH": "/bin"}
    assert load_as(Root, None, environment, {}).settings == Root()


def test_an_empty_section_is_allowed(tmp_path: Path) -> None:
    assert load_as(Root, written(tmp_path, "[api]\n[api.inner]\n"), {}, {}).settings == Root()


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent.toml cannot be read: No such file"):
        load_as(Root, tmp_path / "absent.toml", {}, {})


@pytest.mark.parametrize(
    "content",
    [b"[api\n", b"\xff\xfe", b"api = " + b"[" * 9999, b"api = " + b"7" * 5000],
    ids=["cut", "utf8", "deep", "long"],
)
def test_a_file_that_is_not_toml_is_an_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "tidemark.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match="is not TOML"):
        load_as(Root, file, {}, {})


def test_a_secret_is_shown_nowhere() -> None:
    loaded = load_as(Root, None, {}, {"api.token": "hunter2"})
    assert "hunter2" not in repr(loaded) + str(loaded.settings.api.token) + f"{loaded.settings.api.token}"
    assert loaded.effective()[0] == EffectiveRow(key="api.token", value="********", source="flag api.token")
    assert all("default token" not in row.default for row in schema_of(Root))


def test_a_secret_of_the_wrong_type_is_not_told_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        load_as(Root, written(tmp_path, "[api]\ntoken = 12345\n"), {}, {})
    assert "12345" not in str(error.value)
    assert "12345" not in str(error.value.__cause__)


def test_what_holds_is_listed_as_people_write_it() -> None:
    rows = load_as(Root, None, {}, {"api.wait": "90s", "api.names": ""}).effective()
    assert [(row.key, row.value) for row in rows] == [
        ("api.token", "********"),
        ("api.size", "2KB"),
        ("api.wait", "1.5m"),
        ("api.share", "0.5"),
        ("api.on", "false"),
        ("api.names", "(empty)"),
        ("api.limit", "none"),
        ("api.inner.depth", "3"),
    ]


def test_the_schema_says_what_may_be_written() -> None:
    rows = {row.key: row for row in schema_of(Root)}
    depth = rows["api.inner.depth"]
    assert (depth.type, depth.default, depth.help) == ("a whole number, at least 1, at most 9", "3", "How deep")
    assert rows["api.limit"].type == "a whole number or none, at least 1"
    assert rows["api.names"].type == "a list of text"


def test_the_source_of_an_unknown_key_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"nearest is api.size"):
        load_as(Root, None, {}, {}).source_of("api.siz")
