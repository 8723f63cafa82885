"""What libraries raise over a plate is told by path and cause; defects and the disk pass."""

from __future__ import annotations

from pathlib import Path

import pytest
import zarr
from ngio import open_ome_zarr_container
from pydantic import BaseModel

from tasks.plan.errors import InvalidInputError, LockHeldError
from tasks.survey.boundary import reason_in_short, told_of


class Model(BaseModel):
    size: int


def with_metadata(folder: Path, metadata: object) -> Path:
    zarr.create_group(folder, attributes={"multiscales": metadata}, zarr_format=2)
    return folder


@pytest.mark.parametrize(
    "metadata",
    [
        [{"axes": [{"name": "q"}], "datasets": []}],
        [{"version": "0.4"}],
        "none",
        [],
    ],
)
def test_what_ngio_cannot_read_names_the_path_and_what_to_do(
    tmp_path: Path, metadata: object
) -> None:
    image = with_metadata(tmp_path / "image", metadata)
    with pytest.raises(InvalidInputError) as told, told_of(image):
        open_ome_zarr_container(image, mode="r").get_image()
    message = str(told.value)
    assert message.startswith(f"{image}: ngio cannot read it: ")
    assert "`plate-registration doctor`" in message
    # One line, however long what the library prints.
    assert "\n" not in message
    assert "errors.pydantic.dev" not in message
    assert len(message) < 700
    assert told.value.__cause__ is not None


def test_what_zarr_cannot_read_is_told_though_it_was_raised_further_down(tmp_path: Path) -> None:
    folder = tmp_path / "array"
    zarr.create_array(folder, shape=(4,), dtype="u1", chunks=(4,), zarr_format=2)
    (folder / ".zarray").write_text("{broken")
    with (
        pytest.raises(InvalidInputError, match=f"{folder}: zarr cannot read it: .+"),
        told_of(folder),
    ):
        zarr.open_array(folder, mode="r")


def test_models_are_told_field_by_field() -> None:
    with pytest.raises(ValueError, match="size") as error:
        Model.model_validate({"size": "many"})
    assert reason_in_short(error.value).startswith("size: Input should be a valid integer")
    assert "\n" not in reason_in_short(error.value)
    assert reason_in_short(KeyError()) == "KeyError"


def raised_from(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        # Ours: these were raised here, and by no reader of plates.
        ZeroDivisionError("a defect"),
        KeyError("a defect"),
        InvalidInputError("told already"),
        LockHeldError("another run"),
        # The disk's: it may heal.
        FileNotFoundError("not there yet"),
        MemoryError(),
    ],
)
def test_defects_and_what_may_heal_pass_as_they_are(error: Exception, tmp_path: Path) -> None:
    with pytest.raises(type(error)) as passed, told_of(tmp_path):
        raise error
    assert passed.value is error


def test_an_error_of_a_library_over_the_disk_may_heal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(*_: object, **__: object) -> None:
        raise raised_from(ValueError("no metadata"), OSError(116, "Stale file handle"))

    # As if ngio had raised it.
    monkeypatch.setitem(stale.__globals__, "__name__", "ngio.tables")
    with pytest.raises(ValueError, match="no metadata"), told_of(tmp_path):
        stale()
