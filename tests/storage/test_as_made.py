"""What a registered image holds is held against its record: copied over, written into, cut."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError
from tasks.storage.as_made import holds_what_was_made, unlike_made
from tasks.storage.provenance import read_provenance
from tests.plates import label_pixels, smooth_pixels, write_levels
from tests.registration import register

MODES = pytest.mark.parametrize("overwrite_input", [True, False], ids=["in place", "beside"])


def problems(image: Path) -> list[str]:
    record = read_provenance(image)
    assert record is not None
    return [problem for problem, _ in unlike_made(image, record)]


def a_chunk_is_not_there(image: Path) -> None:
    next(chunk for chunk in sorted((image / "0").rglob("*")) if chunk.name == "1").unlink()


def other_pixels(image: Path) -> None:
    write_levels(image, smooth_pixels((16, 32), "uint16", seed=9))


CHANGES: dict[str, Callable[[Path], None]] = {
    "a chunk is not there": a_chunk_is_not_there,
    "other pixels": other_pixels,
}


@MODES
@pytest.mark.parametrize("change", CHANGES)
def test_pixels_that_are_not_those_that_were_written_are_told(
    well: Path, change: str, overwrite_input: bool
) -> None:
    result = register(well / "1", overwrite_input=overwrite_input).output_path
    assert problems(result) == []
    assert holds_what_was_made(result)
    CHANGES[change](result)
    (told,) = problems(result)
    assert "are not those that its registration wrote" in told
    assert not holds_what_was_made(result)


def test_raw_data_that_is_copied_once_more_over_registered_is_told_as_that(well: Path) -> None:
    raw = Path(shutil.copytree(well / "1", well.parent / "raw"))
    register(well / "1")
    labels = "labels/nuclei"
    for level in ("0", "1", f"{labels}/0", f"{labels}/1"):
        shutil.copytree(raw / level, well / "1" / level, dirs_exist_ok=True)
    told = problems(well / "1")
    assert "the pixels again that it had before" in told[0]
    assert "its label 'nuclei' lies where it lay before" in told[1]
    with pytest.raises(InvalidInputError, match="pixels again that it had before"):
        register(well / "1")
    shutil.rmtree(well / "1")
    shutil.move(raw, well / "1")
    register(well / "1")
    assert problems(well / "1") == []


def test_a_label_that_was_put_back_is_not_taken_for_registered(well: Path) -> None:
    raw = Path(shutil.copytree(well / "1/labels/nuclei", well.parent / "raw"))
    register(well / "1")
    shutil.copytree(raw, well / "1/labels/nuclei", dirs_exist_ok=True)
    (told,) = problems(well / "1")
    assert "its label 'nuclei' lies where it lay before" in told
    with pytest.raises(InvalidInputError, match="segment the image anew"):
        register(well / "1")
    register(well / "1", register_labels=False)
    assert problems(well / "1") == [told]


def test_what_is_made_of_a_registered_image_is_no_fault(well: Path) -> None:
    register(well / "1")
    write_levels(well / "1/labels/nuclei", label_pixels([16, 32], "uint32", 9), order="nearest")
    assert problems(well / "1") == []
    shutil.rmtree(well / "1/labels/nuclei")
    assert problems(well / "1") == []


def test_registering_again_takes_what_is_there_as_it_is(well: Path) -> None:
    register(well / "0")
    register(well / "1")
    other_pixels(well / "1")
    register(well / "1")
    assert problems(well / "1") == []


def test_an_image_that_nobody_registered_is_what_it_is(well: Path) -> None:
    assert holds_what_was_made(well / "0")
