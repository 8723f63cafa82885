"""Let the images of a well propose their shifts, and keep what they propose in them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tasks.estimate.fingerprint import fingerprint_proposals
from tasks.estimate.images import Group
from tasks.estimate.options import EstimateOptions
from tasks.estimate.propose import propose_image
from tasks.estimate.references import References
from tasks.estimate.stored import read_evidence, write_evidence
from tasks.movement.evidence import ImageEvidence
from tasks.plan.errors import RegistrationError
from tasks.plan.window import Frozen
from tasks.storage.locks import own_well


class Proposed(Frozen):
    """What the images of a well propose."""

    evidence: tuple[ImageEvidence, ...]
    failed: dict[str, str]
    """Names of images that could not be compared, and why."""
    kept: int
    """Images whose proposals an earlier run had left."""


def propose_well(
    groups: Sequence[Group],
    options: EstimateOptions,
    *,
    redo: bool,
    at_once: int,
    workers: int,
    lock_timeout: float,
) -> Proposed:
    """Let every image of a well propose, unless it did from this very input.

    What is done is kept image by image: a run that was stopped goes on where it was.

    Args:
        groups: The references and their images.
        options: What to estimate from.
        redo: Whether to estimate even if nothing has changed.
        at_once: Images worked on at the same time.
        workers: Regions worked on at the same time, of each.
        lock_timeout: Seconds to wait for another run in the well.

    Raises:
        LockHeldError: Another run is writing in the well for too long.
        OSError: Pixels cannot be read, or what was found cannot be kept.
    """
    pairs = [(image, group.reference) for group in groups for image in group.others]
    one = partial(
        _one,
        options=options,
        redo=redo,
        workers=workers,
        lock_timeout=lock_timeout,
        references=References(),
    )
    with ThreadPoolExecutor(max_workers=at_once) as threads:
        done = list(threads.map(one, pairs))
    return Proposed(
        evidence=tuple(found for found, _, _ in done if found is not None),
        failed={
            image.name: reason
            for (image, _), (found, reason, _) in zip(pairs, done, strict=True)
            if found is None
        },
        kept=sum(is_kept for _, _, is_kept in done),
    )


def _one(
    pair: tuple[Path, Path],
    *,
    options: EstimateOptions,
    redo: bool,
    workers: int,
    lock_timeout: float,
    references: References,
) -> tuple[ImageEvidence | None, str, bool]:
    image, reference = pair
    try:
        made_from = fingerprint_proposals(image, reference, options)
        kept = None if redo else read_evidence(image, made_from)
        if kept is not None:
            return kept, "", True
        found = propose_image(image, options, workers=workers, references=references)
    except RegistrationError as error:
        return None, str(error), False
    with own_well(image.parent, timeout=lock_timeout):
        write_evidence(image, found, made_from)
    return found, "", False
