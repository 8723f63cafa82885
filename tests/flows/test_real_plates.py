"""The flow over a well, on real plates: what two cycles of one sample gain, in both modes."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.well import apply_registration_to_well
from tests.real.known_shift import TABLE, KnownShift, channel, correlation
from tests.real.shared_data import copy_of

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.mark.parametrize("overwrite_input", [True, False], ids=["overwrite", "beside"])
@pytest.mark.parametrize(
    ("well", "translation", "stain"),
    [
        pytest.param("organoid.zarr/C/02", (0, 29, -70), "A04_C01", id="organoid"),
        pytest.param("ibex.zarr/A/01", (0, -15, -15), "JOJO", id="ibex"),
    ],
)
def test_well_flow_brings_two_cycles_together(
    tmp_path: Path,
    well: str,
    translation: tuple[int, int, int],
    stain: str,
    overwrite_input: bool,
) -> None:
    plate, _, row_and_column = well.partition("/")
    path = copy_of(plate, tmp_path) / row_and_column
    cycles = KnownShift(path / "0", path / "1", translation)
    cycles.write_tables()
    there, here = cycles.overlap()
    reference, moving = channel(path / "0", stain), channel(path / "1", stain)
    before = correlation(reference[there], moving[there])
    sliced = correlation(reference[there], moving[here])

    result = apply_registration_to_well(str(path), TABLE, overwrite_input=overwrite_input)

    # The reference is the last to be registered.
    suffix = "" if overwrite_input else "_registered"
    outputs = [path / f"{name}{suffix}" for name in ("1", "0")]
    assert [update.zarr_url for update in result.image_list_updates] == list(map(str, outputs))
    after = correlation(*(channel(image, stain)[there] for image in outputs))
    numbers = f"{stain}: {before:.3f} before, {after:.3f} after, {sliced:.3f} by plain slicing"
    assert before < sliced - 0.5, numbers
    assert abs(after - sliced) <= 0.02, numbers
