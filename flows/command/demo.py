"""The demonstration: write a raw plate whose shifts are known, find and undo them, say how well."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from flows.register import register_plate
from flows.results.result import ShiftReport
from tasks.demo.comparing import compare_with_reference
from tasks.demo.folder import claim_folder
from tasks.demo.layout import ACQUISITIONS, PIXEL_SIZE, WELLS, translation
from tasks.demo.panels import NUCLEI
from tasks.demo.plate import write_plate
from tasks.demo.plate_tables import FIELDS_TABLE
from tasks.demo.report import Comparison, DemoReport, RegionShift

DEFAULT_FOLDER = Path("registration-demo")


def run_demo(folder: Path = DEFAULT_FOLDER) -> DemoReport:
    """Write the demo's plate into a folder, register it there, and return what came of it.

    The registration knows the raw plate only. Needs no network. The plate is always the same, so
    are the numbers.

    Args:
        folder: Where the plate goes. Made if it is missing; what an earlier demo made is replaced.

    Raises:
        InvalidInputError: The folder holds something that the demo did not make; it is left alone.
    """
    plate = claim_folder(folder.expanduser().absolute())
    started = monotonic()
    write_plate(plate)
    written = monotonic()
    before = compare_with_reference(plate)
    registering = monotonic()
    result = register_plate(
        str(plate),
        NUCLEI.wavelength,
        reference_acquisition=ACQUISITIONS[0],
        input_roi_table=FIELDS_TABLE,
    )
    registered = monotonic()
    after = compare_with_reference(plate)
    return DemoReport(
        plate=plate,
        stain=NUCLEI.name,
        reference_acquisition=ACQUISITIONS[0],
        shifts=tuple(_beside_the_truth(shift) for shift in result.shifts if shift.well in WELLS),
        comparisons=tuple(
            Comparison(
                well=well,
                acquisition=acquisition,
                before=agreement,
                after=after[well, acquisition],
            )
            for (well, acquisition), agreement in before.items()
        ),
        seconds_to_write=written - started,
        seconds_to_register=registered - registering,
        troubles=() if result.quality is None else result.quality.worst,
        page=None if result.quality is None else result.quality.page,
    )


def _beside_the_truth(shift: ShiftReport) -> RegionShift:
    _, y, x = shift.translation
    acquisition = int(shift.image)
    return RegionShift(
        well=shift.well,
        acquisition=acquisition,
        region=shift.region,
        true=translation(shift.well, acquisition, shift.region),
        estimated=(y / PIXEL_SIZE, x / PIXEL_SIZE),
    )
