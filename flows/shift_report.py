"""The table of estimated shifts that Prefect's UI shows, a row per region."""

from __future__ import annotations

from collections.abc import Sequence

from prefect.artifacts import create_table_artifact

from tasks.estimate.image import ImageEstimate
from tasks.progress import artifact_key


def report_shifts(plate: str, well: str, estimates: Sequence[ImageEstimate]) -> None:
    """Show each region's shift, how far it can be trusted, and what was decided."""
    create_table_artifact(
        key=artifact_key(f"shifts {plate} {well}"),
        description=f"Estimated shifts of {plate} {well}",
        table=[
            {
                "image": estimate.image.name,
                "region": region.name,
                "z (um)": round(region.translation[0], 3),
                "y (um)": round(region.translation[1], 3),
                "x (um)": round(region.translation[2], 3),
                "score": round(region.score, 3),
                "next best": f"{region.rival:.0%}",
                "decision": region.decision,
                "reason": region.reason,
            }
            for estimate in estimates
            for region in estimate.regions
        ],
    )
