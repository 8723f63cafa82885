"""Look through a plate for what interrupted runs left, and put right what is safe to."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tasks.doctor.examine_well import examine_well
from tasks.doctor.finding import Finding
from tasks.plan.errors import InvalidInputError, LockHeldError
from tasks.storage.kinds import require_kind
from tasks.storage.locks import own_image, own_output, own_registration, own_well
from tasks.storage.provenance import read_provenance
from tasks.storage.recover import recover_output, recover_tables
from tasks.storage.well_entries import list_image, read_wells
from tasks.survey.unlisted import unlisted_wells


def examine_plate(plate: Path) -> tuple[Finding, ...]:
    """Return what is not as it should be in each well of a plate; nothing is changed.

    Raises:
        InvalidInputError: If the path is no plate, or its list of wells cannot be understood.
    """
    require_kind(plate, "plate")
    listed = read_wells(plate)
    return (
        *(finding for well in listed for finding in examine_well(plate / well)),
        *(
            Finding(
                path=plate / well,
                problem="this well lies in the plate, but the plate does not list it",
                remedy="person",
                advice="add it to the plate's list 'wells', or move it out of the plate",
            )
            for well in unlisted_wells(plate, listed)
        ),
    )


def repair_plate(plate: Path) -> tuple[str, ...]:
    """Put right what needs no person's decision, and return what was done, one message each.

    That is what the next run would do anyway: swaps are finished or undone, what dead runs left is
    removed, registered images are listed, dead holders of locks are forgotten. And a registered
    table that contradicts the record of what moved its image gets the record's regions again. No
    image is removed, no rejected result, and nothing that a running process owns.

    Raises:
        InvalidInputError: If the path is no plate, or its list of wells cannot be understood.
    """
    require_kind(plate, "plate")
    done: list[str] = []
    for well in read_wells(plate):
        for finding in examine_well(plate / well):
            try:
                done += _repair(plate / well, finding)
            except LockHeldError:
                # A run has started meanwhile; it recovers by itself.
                continue
            except (InvalidInputError, OSError) as error:
                done.append(f"{finding.path}: not repaired: {error}")
    return tuple(done)


def _repair(well: Path, finding: Finding) -> tuple[str, ...]:
    name = finding.path.name
    if finding.remedy == "recover":
        with own_output(well, name, timeout=0):
            return recover_output(well, name)
    if finding.remedy == "recover tables":
        return recover_tables(well)
    if finding.remedy == "list":
        with own_image(well, name, timeout=0):
            return _list(well, name)
    if finding.remedy == "restore":
        # Loaded only where tables are written: it needs what reads them.
        from tasks.doctor.frames import restore_table  # noqa: PLC0415

        return restore_table(finding.path)
    if finding.remedy == "free":
        return _free(well, finding.path)
    return ()


def _list(well: Path, name: str) -> tuple[str, ...]:
    record = read_provenance(well / name)
    acquisition = None if record is None else record.get("acquisition")
    if not isinstance(acquisition, int) or not list_image(well, name, acquisition):
        return ()
    return (f"{well / name}: listed in its well as acquisition {acquisition}",)


def _free(well: Path, path: Path) -> tuple[str, ...]:
    # Whoever takes a lock and gives it back takes the dead holder's name away.
    with ExitStack() as owned:
        if path == well:
            owned.enter_context(own_registration(well, timeout=0))
            owned.enter_context(own_well(well, timeout=0))
        else:
            owned.enter_context(own_output(well, path.name, timeout=0))
    return (f"{path}: forgot the ended run that was still named as its owner",)
