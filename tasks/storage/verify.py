"""Compare the staged image with the plan and the source before it may replace anything."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

from tasks.plan.errors import VerificationError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.attributes import zarr_format
from tasks.storage.compare import (
    attribute_differences,
    file_differences,
    label_list_differences,
    pyramid_differences,
)
from tasks.storage.hidden import hidden_folders
from tasks.storage.inventory import refuse_changes
from tasks.storage.provenance import is_past_staging
from tasks.storage.removal import remove_tree
from tasks.storage.sample import sample_differences
from tasks.storage.table_rows import table_differences
from tasks.storage.unshare import unshare

# The file system, not the image, is at fault: the same image may be found right a moment later.
_MAY_HEAL = frozenset({errno.EIO, errno.ESTALE, errno.ENOMEM, errno.EMFILE, errno.ENFILE})


def verify_staged(plan: RegistrationPlan) -> None:
    """Check that the staged image is what the plan says, and readable.

    Checked are: every level of the image and its labels (shape, dtype, chunks, shards, codecs,
    fill value), a sample of chunks of what was shifted, labels, tables with their rows, root
    attributes, and all files that are carried over. Does nothing if an earlier attempt of this run
    has come further.

    Raises:
        ChangedMeanwhileError: If the source is not what it was when the plan was made.
        VerificationError: If something differs, naming each difference. The staged image is then
            set aside, with the reason in `reason.txt`, and the original stays as it is.
        OSError: If the file system fails; the staged image stays for another try.
    """
    hidden = hidden_folders(plan.output_path.parent, plan.output_name)
    if is_past_staging(plan):
        return
    if zarr_format(hidden.staging) is None:
        raise VerificationError(f"there is no staged image {hidden.staging}; run again")
    refuse_changes(plan, chunks=False)
    differences: list[str] = []
    cause: Exception | None = None
    for check in _checks(plan, hidden.staging):
        try:
            differences += check()
        except Exception as error:
            # Not to try again: whatever an unreadable image raises is a reason to reject it.
            if isinstance(error, OSError) and error.errno in _MAY_HEAL:
                raise
            differences.append(f"cannot be read: {type(error).__name__}: {error}")
            cause = error
    if not differences:
        return
    reason = "\n".join(differences)
    _set_aside(hidden.staging, hidden.rejected, reason)
    raise VerificationError(
        f"the new image of {plan.title} is not what was planned, so {plan.output_path} was left "
        f"as it is; the new one is in {hidden.rejected} for a look:\n{reason}"
    ) from cause


def _checks(plan: RegistrationPlan, staged: Path) -> list[Callable[[], list[str]]]:
    source = plan.image_path
    pyramids = [plan.image, *plan.labels]
    return [
        lambda: attribute_differences(source, staged),
        *(lambda p=pyramid: pyramid_differences(p, source, staged) for pyramid in pyramids),
        *(
            lambda p=pyramid: sample_differences(p, source, staged)
            for pyramid in pyramids
            if pyramid.shifts
        ),
        lambda: label_list_differences(source, staged),
        lambda: table_differences(plan, staged),
        lambda: file_differences(plan, staged),
    ]


def _set_aside(staged: Path, rejected: Path, reason: str) -> None:
    try:
        # It may be edited by whoever looks at it, and the original stays.
        unshare(staged)
    except OSError as error:
        reason += f"\nWrite nothing to it: it shares files with the original ({error})."
    (staged / "reason.txt").write_text(reason + "\n", encoding="utf-8")
    remove_tree(rejected)
    staged.rename(rejected)
