"""What can be asked of looking for new plates."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated

from pydantic import Field

from tasks.plan.described import described


@described
class FoldersChoice:
    """Where new plates come."""

    folders: Annotated[
        list[str],
        Field(
            min_length=1,
            title="Folders",
            description=(
                "Folders in which plates arrive, such as /data/incoming; plates may lie up to two "
                "folders deeper. A plate itself is taken too."
            ),
        ),
    ] = field(kw_only=False)


@described
class WatchOptions(FoldersChoice):
    """Where new plates come, and when one is taken up."""

    settle_minutes: Annotated[
        float,
        Field(
            ge=0,
            le=10_080,
            title="New plates: minutes without a change",
            description=(
                "A plate in which something was written more recently waits for the next run."
            ),
        ),
    ] = 15.0
    max_attempts: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            title="New plates: attempts",
            description=(
                "How often a well that fails is tried; then it waits for a person. New images in "
                "it count from the start."
            ),
        ),
    ] = 3
