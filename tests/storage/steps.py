"""What a run does to an image, with pixels that are made beforehand."""

from __future__ import annotations

import shutil
from pathlib import Path

from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.hidden import parse_hidden
from tasks.storage.locks import own_image, own_well
from tasks.storage.provenance import write_provenance
from tasks.storage.recover import recover_image, recover_well
from tasks.storage.space import check_free_space, check_writable
from tasks.storage.staging import is_written_anew, stage_labels, start_staging
from tasks.storage.swap import publish
from tasks.storage.verify import verify_staged
from tasks.storage.well_entries import list_image
from tests.trees import digest_tree


def run(plan: RegistrationPlan, finished: Path, *, verify: bool = True) -> tuple[str, ...]:
    """Replace an image as the flow does; chunks and tables are copied from a finished result."""
    well = plan.image_path.parent
    messages = recover_well(well)
    with own_image(well, plan.image_name, timeout=5):
        messages += recover_image(well, plan.image_name)
        check_writable(plan)
        check_free_space(plan)
        staged = start_staging(plan)
        stage_labels(plan)
        add_chunks_and_tables(plan, finished, staged)
        write_provenance(plan)
        if verify:
            verify_staged(plan)
        with own_well(well, timeout=5):
            messages += publish(plan)
        if not plan.overwrites_input:
            list_image(well, plan.output_name, plan.acquisition)
    return messages


def add_chunks_and_tables(plan: RegistrationPlan, finished: Path, staged: Path) -> None:
    pyramids = [plan.image, *(label for label in plan.labels if label.shifts)]
    shutil.copytree(finished / "tables", staged / "tables", dirs_exist_ok=True)
    for path in finished.rglob("*"):
        inside = path.relative_to(finished)
        if any(is_written_anew(inside, pyramid) for pyramid in pyramids):
            if path.is_dir():
                shutil.copytree(path, staged / inside, dirs_exist_ok=True)
            else:
                shutil.copyfile(path, staged / inside)


def leftovers(well: Path) -> list[str]:
    return sorted(path.name for path in well.iterdir() if parse_hidden(path.name))


def digest(image: Path) -> dict[str, str]:
    return digest_tree(image)
