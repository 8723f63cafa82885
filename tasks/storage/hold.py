"""Hold a result back, and put it in place or remove it once a person has decided."""

from __future__ import annotations

from pathlib import Path

from tasks.plan.errors import InvalidInputError, QualityError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.durable import write_file
from tasks.storage.held import ENDING, held_path, plan_path
from tasks.storage.hidden import staging_path
from tasks.storage.locks import own_image, own_well
from tasks.storage.provenance import read_provenance
from tasks.storage.removal import remove_tree
from tasks.storage.swap import clean_up, make_ready, publish
from tasks.storage.unshare import unshare
from tasks.storage.verify import verify_staged
from tasks.storage.well_entries import list_image


def hold(plan: RegistrationPlan, reason: str) -> None:
    """Keep the verified staged image aside instead of putting it in place.

    Args:
        plan: What was done.
        reason: Why it is held back, in words.

    Raises:
        QualityError: Always, once it is kept: it says why, where, and what to do.
        OSError: It could not be kept; the original is untouched.
    """
    staged, held = staging_path(plan), held_path(plan.output_path)
    # Somebody may edit what they look at, and the original stays.
    unshare(staged)
    remove_tree(held)
    write_file(
        plan_path(held),
        plan.model_dump_json(indent=2).encode(),
        temporary=held.with_name(f"{held.name}.json.new"),
    )
    staged.rename(held)
    raise QualityError(
        f"{plan.title}: held back: {reason}. The original stays; the new image is kept in {held}. "
        f"Look at the report, then run `plate-registration accept {plan.image_path}` or "
        f"`plate-registration discard {plan.image_path}`"
    )


def accept(held: Path, *, timeout: float) -> Path:
    """Put a held result in its place, as its run would have done; return where it is now.

    Args:
        held: One that `find_held` yields.
        timeout: Seconds to wait for a run on the same image or well.

    Raises:
        InvalidInputError: Its plan is not there, or the original has changed since.
        VerificationError: It is not what was planned any more; the original was kept.
        LockHeldError: Another run owns the image or the well.
    """
    plan = _read_plan(held)
    well = plan.image_path.parent
    with own_image(well, plan.image_name, timeout=timeout):
        held.rename(staging_path(plan))
        try:
            verify_staged(plan)
        except InvalidInputError:
            staging_path(plan).rename(held)
            raise
        make_ready(plan)
        with own_well(well, timeout=timeout):
            publish(plan)
            list_image(well, plan.output_name, plan.acquisition)
        clean_up(plan)
        plan_path(held).unlink(missing_ok=True)
    return plan.output_path


def discard(held: Path, *, timeout: float) -> None:
    """Remove a held result; the original stays as it is.

    Args:
        held: One that `find_held` yields.
        timeout: Seconds to wait for a run on the same image.

    Raises:
        LockHeldError: Another run owns the image.
        OSError: It cannot be removed.
    """
    name = held.name.removeprefix(".").removesuffix(ENDING)
    record = read_provenance(held)
    origin = str(record.get("origin")) if record else name
    with own_image(held.parent, origin, timeout=timeout):
        remove_tree(held)
        plan_path(held).unlink(missing_ok=True)


def _read_plan(held: Path) -> RegistrationPlan:
    path = plan_path(held)
    if not path.is_file():
        raise InvalidInputError(
            f"{path} is not there, so it is not known what {held} was made of; discard it and run "
            "the registration again"
        )
    try:
        plan = RegistrationPlan.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise InvalidInputError(
            f"{path} cannot be read as a plan ({error}); discard the result and run again"
        ) from error
    # A plate may have been moved meanwhile, and its results with it.
    well = held.parent
    return plan.model_copy(
        update={
            "image_path": well / plan.image_path.name,
            "reference_path": well / plan.reference_path.name,
            "output_path": well / plan.output_path.name,
        }
    )
