"""Write the demo's plate: 3 wells, 3 acquisitions, 4 fields, with labels and tables."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from ngio import Channel, ImageInWellPath, create_empty_plate, create_ome_zarr_from_array

from tasks.demo.layout import ACQUISITIONS, ALL_WELLS, FIELD_SHAPE, PIXEL_SIZE
from tasks.demo.panels import PANELS
from tasks.demo.plate_tables import NUCLEI_LABEL, write_image_tables
from tasks.demo.sample import Acquired, acquire, grow_sample

_LEVELS = 4


def write_plate(plate: Path) -> None:
    """Write the plate as it comes from a microscope and a segmentation: no shift is known.

    NGFF 0.4, axes (c, z, y, x), one chunk per field and channel. Each time it is written it is the
    same, byte for byte.

    Args:
        plate: Where to write; nothing may be there.

    Raises:
        OSError: The plate cannot be written there.
    """
    images = [
        ImageInWellPath(
            row=well.split("/")[0],
            column=well.split("/")[1],
            path=str(acquisition),
            acquisition_id=acquisition,
            acquisition_name=f"cycle {acquisition}",
        )
        for well in ALL_WELLS
        for acquisition in ACQUISITIONS
    ]
    create_empty_plate(plate, name=plate.stem, images=images, ngff_version="0.4")
    with ThreadPoolExecutor(max_workers=len(ALL_WELLS)) as threads:
        # Through a list, so that what failed in a thread is raised here.
        list(threads.map(partial(_write_well, plate), ALL_WELLS))


def _write_well(plate: Path, well: str) -> None:
    sample = grow_sample(well)
    for acquisition in ACQUISITIONS:
        acquired = acquire(well, sample, acquisition)
        _write_image(plate / well / str(acquisition), well, acquisition, acquired)


def _write_image(path: Path, well: str, acquisition: int, acquired: Acquired) -> None:
    channels = [
        Channel.default_init(stain.name, wavelength_id=stain.wavelength, color=stain.color)
        for stain in PANELS[acquisition]
    ]
    image = create_ome_zarr_from_array(
        path,
        acquired.channels,
        pixelsize=PIXEL_SIZE,
        levels=_LEVELS,
        channels_meta=channels,
        name=f"{well} cycle {acquisition}",
        ngff_version="0.4",
        chunks=(1, 1, *FIELD_SHAPE),
        consolidation_mode="numpy",
    )
    label = image.derive_label(NUCLEI_LABEL)
    label.set_array(acquired.nuclei)
    label.consolidate(mode="numpy")
    write_image_tables(image, acquisition, acquired)
