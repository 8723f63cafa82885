"""Paths as people type them; names that must stay inside their folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.plan.errors import InvalidInputError, UnsupportedStoreError
from tasks.storage.paths import local_path, safe_name


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/data/plate.zarr", "/data/plate.zarr"),
        ("/data/plate.zarr/", "/data/plate.zarr"),
        ("/data//A///01", "/data/A/01"),
        ("/data/my plate.zarr", "/data/my plate.zarr"),
        ("/data/Zellkörper 核.zarr", "/data/Zellkörper 核.zarr"),
        ("/data/50%20.zarr", "/data/50%20.zarr"),
        ("file:///data/my%20plate.zarr/", "/data/my plate.zarr"),
        ("file:///data/Zellk%C3%B6rper.zarr", "/data/Zellkörper.zarr"),
        ("file:///data/a#1?.zarr", "/data/a#1?.zarr"),
        ("file://localhost/data/p.zarr", "/data/p.zarr"),
        ("FILE:///data/p.zarr", "/data/p.zarr"),
        ("file:/data/p.zarr", "/data/p.zarr"),
        (Path("/data/p.zarr"), "/data/p.zarr"),
        ("/data/s3://p.zarr", "/data/s3:/p.zarr"),
        (" /data/my plate.zarr/\n", "/data/my plate.zarr"),
        ("\tfile:///data/p.zarr ", "/data/p.zarr"),
    ],
)
def test_path_that_was_meant(typed: str | Path, meant: str) -> None:
    assert local_path(typed) == Path(meant)


def test_relative_and_home_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert local_path("a/b") == tmp_path / "a" / "b"
    assert local_path("./a") == tmp_path / "a"
    assert local_path("~/a") == tmp_path / "a"
    assert local_path(f"{tmp_path}/b ") == tmp_path / "b"
    (tmp_path / "b ").mkdir()
    assert local_path(f"{tmp_path}/b ") == tmp_path / "b "


def test_links_are_kept_and_dots_follow_them(tmp_path: Path) -> None:
    (tmp_path / "disk" / "plate.zarr").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "plate.zarr")
    assert local_path(tmp_path / "link") == tmp_path / "link"
    assert local_path(f"{tmp_path}/link/../plate.zarr") == tmp_path / "disk" / "plate.zarr"


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket/plate.zarr",
        "gs://b/p",
        "https://host/p.zarr",
        "simplecache::s3://b/p",
        "file://server/data/p.zarr",
        Path("s3://bucket/plate.zarr"),
    ],
)
def test_remote_stores_are_refused(url: str | Path) -> None:
    with pytest.raises(UnsupportedStoreError, match=r"Supported are|three slashes"):
        local_path(url)


@pytest.mark.parametrize("text", ["", "   ", "/data/\0", "~nobody-of-that-name/p.zarr"])
def test_text_that_is_no_path(text: str) -> None:
    with pytest.raises(InvalidInputError):
        local_path(text)


@pytest.mark.parametrize("name", ["0", "1_registered", "Zellkern 核", "a.b", "50%", "-x", "a..b"])
def test_safe_names_are_unchanged(name: str) -> None:
    assert safe_name(name, "image") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../1",
        "/etc",
        "a/b",
        "a\\b",
        ".1.plate-registration.staging",
        "a\0",
        "a\nb",
        "x" * 201,
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="label name"):
        safe_name(name, "label")


@given(st.text(max_size=30))
def test_a_name_that_is_accepted_stays_directly_inside(name: str) -> None:
    try:
        safe_name(name, "table")
    except InvalidInputError:
        return
    folder = Path("/plate/A/01")
    assert (folder / name).resolve().parent == folder
