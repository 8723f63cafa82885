"""The demonstration: write a plate whose shifts are known, register it, say how well it went."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from flows.plate import apply_registration_to_plate
from tasks.demo.comparing import compare_with_reference
from tasks.demo.folder import claim_folder
from tasks.demo.layout import ACQUISITIONS, fields, translation
from tasks.demo.panels import NUCLEI
from tasks.demo.plate import write_plate
from tasks.demo.plate_tables import REGISTERED_TABLE
from tasks.demo.report import Comparison, DemoReport

DEFAULT_FOLDER = Path("registration-demo")


def run_demo(folder: Path = DEFAULT_FOLDER) -> DemoReport:
    """Write the demo's plate into a folder, register it there, and return what came of it.

    Needs no network. The plate is always the same, so are the numbers.

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
    apply_registration_to_plate(str(plate), REGISTERED_TABLE, reference_acquisition=ACQUISITIONS[0])
    registered = monotonic()
    after = compare_with_reference(plate)
    return DemoReport(
        plate=plate,
        stain=NUCLEI.name,
        reference_acquisition=ACQUISITIONS[0],
        comparisons=tuple(
            Comparison(
                well=well,
                acquisition=acquisition,
                translations={name: translation(well, acquisition, name) for name in fields()},
                before=agreement,
                after=after[well, acquisition],
            )
            for (well, acquisition), agreement in before.items()
        ),
        seconds_to_write=written - started,
        seconds_to_register=registered - registering,
    )
