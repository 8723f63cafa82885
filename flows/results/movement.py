"""How a plate moved as a whole, as people see it: a row per acquisition."""

from __future__ import annotations

from prefect.artifacts import create_table_artifact

from tasks.movement.plate import PlateMovement
from tasks.movement.rotation import left_in_corner
from tasks.progress import artifact_key


def report_movement(plate: str, moved: PlateMovement) -> None:
    """Show in Prefect's UI how the plate moved in each acquisition, and which wells did not."""
    if not moved.movements:
        return
    create_table_artifact(
        key=artifact_key(f"movement {plate}"),
        description=f"How {plate} moved, from what its wells are sure of by themselves",
        table=[
            {
                "acquisition": each.acquisition,
                "moves as one": "yes" if each.moves_as_one else "no",
                "y (um)": round(each.at_centre[1], 2),
                "x (um)": round(each.at_centre[2], 2),
                "degrees": round(each.degrees, 4),
                "its error": round(each.degrees_error, 4),
                "left in a corner (px)": round(left_in_corner(each, moved.corner) / moved.pixel, 2),
                "wells that follow": each.wells,
                "within (um)": round(each.between[1], 2),
                "their fields (um)": round(each.within[1], 2),
                "wells by themselves": ", ".join(each.apart),
            }
            for each in moved.movements
        ],
    )
