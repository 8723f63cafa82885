"""Regions of a small plate, one of each verdict, as its images would say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.quality.region_quality import Agreement, Motion, RegionQuality, Verdict
from tasks.quality.table import write_quality
from tasks.storage.attributes import OUR_RECORD, read_attributes, write_attributes

WELLS = ("A/01", "A/02", "B/01", "B/02")

AGREED: dict[Verdict, float | None] = {
    "fail": 0.1,
    "check": 0.8,
    "pass": 0.95,
    "nothing to judge": None,
}


def region(
    well: str, verdict: Verdict, *, name: str = "FOV_1", acquisition: int = 1
) -> RegionQuality:
    after = AGREED[verdict]
    return RegionQuality(
        well=well,
        image=str(acquisition),
        acquisition=acquisition,
        region=name,
        size=(100.0, 200.0),
        centre=(0.5, 0.5),
        shift=(0.0, 3.0, -4.0),
        cut_away=None,
        agreements=(Agreement(channel="DAPI", before=0.0, after=after, others=0.1),),
        motion=Motion(
            places=8,
            clear=0 if after is None else 8,
            median=1.5,
            largest=2.0,
            rotation=None,
            rotation_error=None,
            rotation_share=None,
            in_corner=None,
            arrows=((50.0, 100.0, 1.0, -1.0),),
        ),
        verdict=verdict,
        reason=f"because {verdict}",
    )


REGIONS = (
    region("A/01", "pass"),
    region("A/01", "pass", acquisition=2),
    region("A/02", "check"),
    region("B/01", "nothing to judge"),
    region("B/02", "pass", name="</script><b>"),
    region("B/02", "fail", acquisition=2),
)


def let_say(image: Path, regions: Sequence[RegionQuality]) -> None:
    """Make an image one that was registered and says this of its regions."""
    write_quality(image, regions)
    attributes = {**read_attributes(image), OUR_RECORD: {}}
    write_attributes(image, attributes, temporary=image / "new")
