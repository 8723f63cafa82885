"""Where to work: the path of an image, a well or a plate."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated

from pydantic import Field

from tasks.plan.described import described


@described
class ImagePlace:
    """One image."""

    zarr_url: Annotated[
        str,
        Field(
            min_length=1,
            title="Image",
            description=(
                "Path or file:// URL of the OME-Zarr image to register, inside its well, "
                "such as /data/plate.zarr/B/03/1."
            ),
        ),
    ] = field(kw_only=False)


@described
class WellPlace:
    """One well."""

    well_url: Annotated[
        str,
        Field(
            min_length=1,
            title="Well",
            description="Path or file:// URL of the OME-Zarr well, such as /data/plate.zarr/B/03.",
        ),
    ] = field(kw_only=False)


@described
class PlatePlace:
    """One plate."""

    plate_url: Annotated[
        str,
        Field(
            min_length=1,
            title="Plate",
            description="Path or file:// URL of the OME-Zarr plate, such as /data/plate.zarr.",
        ),
    ] = field(kw_only=False)
