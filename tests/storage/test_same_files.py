"""Every way in which a copied folder can differ is named; equal ones are equal."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.storage import same_files
from tasks.storage.same_files import content_differences


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.setattr(same_files, "_AT_A_TIME", 4)
    source = tmp_path / "source"
    (source / "X").mkdir(parents=True)
    (source / "X/0.0").write_bytes(b"0123456789")
    (source / ".zattrs").write_bytes(b"{}")
    (source / "link").symlink_to("X/0.0")
    return source, Path(shutil.copytree(source, tmp_path / "copy"))


def test_a_copy_with_links_as_files_is_equal(copied: tuple[Path, Path]) -> None:
    assert content_differences(*copied) == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda c: (c / "X/0.0").write_bytes(b"012345678_"), "X/0.0 holds other bytes"),
        (lambda c: (c / "X/0.0").write_bytes(b"01234567"), "X/0.0 holds other bytes"),
        (lambda c: (c / ".zattrs").unlink(), ".zattrs is missing"),
        (lambda c: (c / "new").write_bytes(b""), "new is not the source's"),
    ],
    ids=["last byte", "shorter", "missing", "added"],
)
def test_each_difference_is_named(
    copied: tuple[Path, Path], damage: Callable[[Path], object], said: str
) -> None:
    damage(copied[1])
    assert any(said in found for found in content_differences(*copied))
