"""Make the staged image: all of the source but the chunks that will be written anew."""

from __future__ import annotations

import re
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import Level, Pyramid, RegistrationPlan
from tasks.storage.consolidated import drop_consolidated
from tasks.storage.copying import copy_tree
from tasks.storage.hidden import staging_path
from tasks.storage.paths import require_inside
from tasks.storage.removal import remove_tree
from tasks.storage.settle import settle_writes

# Format 2: `0.1.2` or folders `0/1/2`. Format 3: a folder `c`, `c.0.1.2`, or as in format 2.
CHUNK_NAME = re.compile(r"c|(c\.)?\d+(\.\d+)*")
"""What begins the name of a chunk inside its array's folder."""

_MADE_LATER = frozenset({"labels", "tables"})


def start_staging(plan: RegistrationPlan) -> Path:
    """Make a fresh staged image without chunks, labels and tables; return its root folder.

    What an earlier attempt left at that place is removed. Metadata, extra groups and extra files
    are copied byte for byte, except consolidated metadata, which `write_provenance` makes anew.

    Raises:
        InvalidInputError: If the source is not there, the output is a symbolic link, or the
            source holds a link that leads out of it.
        OSError: If something cannot be read or written.
    """
    refuse_link(plan.output_path)
    if not plan.image_path.is_dir():
        raise InvalidInputError(f"{plan.image_path} does not exist; was it moved or removed?")
    staged = staging_path(plan)
    settle_writes()
    remove_tree(staged)
    levels = _level_folders(plan.image.levels)

    def is_left_out(path: Path) -> bool:
        return path.parts[0] in _MADE_LATER or _is_chunk(path, levels)

    copy_tree(plan.image_path, staged, skip=is_left_out)
    drop_consolidated(staged)
    return staged


def stage_labels(plan: RegistrationPlan) -> None:
    """Make `labels/` of the staged image anew: shifted labels without chunks, all else whole.

    Raises:
        FileNotFoundError: If there is no staged image.
        InvalidInputError: If the source's labels hold a link that leads out of them.
        OSError: If something cannot be read or written.
    """
    source, staged = plan.image_path / "labels", staging_path(plan) / "labels"
    settle_writes()
    remove_tree(staged)
    if not source.is_dir():
        return
    require_inside(source, plan.image_path)
    shifted = [level for label in plan.labels if label.shifts for level in label.levels]
    levels = frozenset(path.relative_to("labels") for path in _level_folders(shifted))
    copy_tree(source, staged, skip=lambda path: _is_chunk(path, levels))


def is_written_anew(path: Path, pyramid: Pyramid) -> bool:
    """Return whether a path below the image holds chunks that this pyramid's writer makes."""
    return _is_chunk(path, _level_folders(pyramid.levels))


def refuse_link(output: Path) -> None:
    """Check that the place of the result is not a symbolic link.

    Raises:
        InvalidInputError: If it is: replacing it would leave what it points to behind.
    """
    if output.is_symlink():
        raise InvalidInputError(
            f"{output} is a symbolic link to {output.resolve()}; only a folder can be replaced. "
            "Move the image itself into the well"
        )


def _level_folders(levels: tuple[Level, ...] | list[Level]) -> frozenset[Path]:
    return frozenset(Path(level.path) for level in levels)


def _is_chunk(path: Path, levels: frozenset[Path]) -> bool:
    return path.parent in levels and CHUNK_NAME.fullmatch(path.name) is not None
