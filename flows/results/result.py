"""What the flows return: the updates to an image list, and reports beside them.

`model_dump(exclude_none=True)` of a result is exactly the reference system's
`{"image_list_updates": [{"zarr_url": …, "origin": …}]}`. The reports travel with the object, for
summaries, and are not part of what is dumped.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["registered", "skipped", "planned", "failed", "left out"]
"""`left out`: somebody may have expected it to be registered, and it was not."""


class ImageUpdate(BaseModel):
    """One image that a caller's image list must know of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zarr_url: str = Field(description="Absolute path of the registered image.")
    origin: str | None = Field(
        default=None, description="The image it was made from, when a new image was made."
    )


class RegionVerdict(BaseModel):
    """How well one region of an image was registered, in short."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str
    verdict: str
    before: float | None
    """Agreement with the reference before, in the channel that agrees best; None: not known."""
    after: float | None
    reason: str


class ImageReport(BaseModel):
    """What happened to one image, in numbers that people want to see."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    well: str
    image: str
    outcome: Outcome
    detail: str = ""
    """Why it was skipped, failed or left out; the whole plan after a dry run."""
    regions: int = 0
    smallest_shift: str = ""
    largest_shift: str = ""
    seconds: float = 0.0
    bytes_written: int = 0
    warnings: tuple[str, ...] = ()
    quality: str = ""
    """The worst verdict of its regions, with the reason; empty where nothing was judged."""
    verdicts: tuple[RegionVerdict, ...] = ()
    """Of each region; empty where nothing was judged."""


class ShiftReport(BaseModel):
    """The shift that was estimated for one region of one image, and what was decided on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    well: str
    image: str
    region: str
    translation: tuple[float, float, float]
    """Micrometers along z, y, x that lead from the image to its reference."""
    score: float
    """Correlation over the overlap."""
    rival: float
    """Height of the next best match, as a share of the best one's."""
    decision: str
    reason: str
    """Empty where nothing speaks against the region's own estimate."""


class RegistrationResult(BaseModel):
    """Updates of all images, and what is to be told about each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_list_updates: list[ImageUpdate]
    reports: tuple[ImageReport, ...] = Field(default=(), exclude=True)
    shifts: tuple[ShiftReport, ...] = Field(default=(), exclude=True)
    """What this run estimated; empty where shifts were given, or were there already."""


class ImageResult(RegistrationResult):
    """Result of `apply_registration_to_image`."""


class WellResult(RegistrationResult):
    """Result of `apply_registration_to_well`: the updates of all its images."""


class QualityReport(BaseModel):
    """What the report of a plate says in short, and where it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str
    """Regions by verdict, worst first, such as `1 fail, 46 pass`."""
    worst: tuple[str, ...] = ()
    """The worst regions by name and reason."""
    page: str | None = None
    """Path of the report; None where what it is made with is not installed."""


class PlateResult(RegistrationResult):
    """Result of `apply_registration_to_plate`: the updates of all images of all wells."""

    quality: QualityReport | None = Field(default=None, exclude=True)

    movement: tuple[str, ...] = Field(default=(), exclude=True)
    """How the plate moved as a whole, a line per acquisition, and what moving alone leaves."""

    left_out: dict[str, str] = Field(default_factory=dict, exclude=True)
    """Wells in which nothing could be registered, and why."""


class NewPlatesResult(RegistrationResult):
    """Result of `register_new_plates`: the updates of all images of all plates taken up."""

    waiting: dict[str, str] = Field(default_factory=dict, exclude=True)
    """Plates, and wells of them, that are left for later or for a person, and why."""

    pages: dict[str, str] = Field(default_factory=dict, exclude=True)
    """By path of the plate, the page of its report."""


def count(reports: tuple[ImageReport, ...]) -> str:
    """Return how many images had which outcome, such as `3 registered, 1 failed`."""
    outcomes: tuple[Outcome, ...] = ("registered", "planned", "skipped", "failed", "left out")
    numbers = {name: sum(report.outcome == name for report in reports) for name in outcomes}
    return ", ".join(f"{n} {name}" for name, n in numbers.items() if n) or "no images"
