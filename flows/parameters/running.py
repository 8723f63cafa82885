"""How a run goes about it: whether at all, on which wells and images, how many at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from flows.running.kinds import RunnerKind
from tasks.plan.described import described


@described
class RedoChoice:
    """Whether what is finished is done again."""

    redo: Annotated[
        bool,
        Field(
            title="Do finished work again",
            description=(
                "Register again also what an earlier run has finished with the same input, and "
                "results beside their originals that something was added to since: without it."
            ),
        ),
    ] = False


@described
class DryRunChoice:
    """Whether anything is done at all."""

    dry_run: Annotated[
        bool,
        Field(
            title="Only show the plan",
            description=(
                "Only show the plan: what would be written, replaced and shifted by how much, "
                "memory and disk needed. Nothing is touched."
            ),
        ),
    ] = False


@described
class ImageChoice:
    """Which images of a well."""

    images: Annotated[
        list[str] | None,
        Field(
            min_length=1,
            title="Images",
            description=(
                "Names of the images to register, such as 1 and 2. Empty: all that have the "
                "registered table and are not themselves results."
            ),
        ),
    ] = None


@described
class WellChoice:
    """Which wells of a plate."""

    wells: Annotated[
        list[str] | None,
        Field(
            min_length=1,
            title="Wells",
            description="Wells to register, such as A/01 and B/03. Empty: all.",
        ),
    ] = None


@described
class RunnerChoice:
    """What runs images side by side."""

    task_runner: Annotated[
        RunnerKind,
        Field(
            title="Machine: side by side in",
            description=(
                "What runs the images of a well side by side: threads of one process (the "
                "default), or a process for each."
            ),
        ),
    ] = "threads"


@described
class Threads:
    """How many threads there are in all."""

    workers: Annotated[
        int | None,
        Field(
            ge=1,
            le=1024,
            title="Machine: threads",
            description=(
                "Threads in all, shared by the images that run at once. "
                "Empty: as many as the cores this process may use."
            ),
        ),
    ] = None


@described
class ImagesAtOnce:
    """How many images of a well run side by side."""

    parallel_images: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            title="Machine: images at once",
            description="Images of a well registered at once, at most; memory grows with it.",
        ),
    ] = 2


@described
class WellsAtOnce:
    """How many wells of a plate run side by side."""

    parallel_wells: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            title="Machine: wells at once",
            description="Wells registered at once, at most; memory grows with it.",
        ),
    ] = 2
