"""Pass, check or fail: what the numbers of a region mean, and why."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tasks.plan.window import Frozen
from tasks.quality.region_quality import Agreement, Motion, Verdict

ENOUGH_PLACES = 4
"""Blocks: of fewer, the share that shows a motion says nothing."""


_LESS_ALIKE = 0.1
"""Loss of agreement that no rounding to whole pixels makes."""


class Thresholds(Frozen):
    """Where a region's verdict changes; the defaults are for cells of 20 pixels and more."""

    fail_residual_px: Annotated[
        float,
        Field(
            gt=0,
            description=(
                "Motion left in the middle of all blocks, in pixels of the finest level, from "
                "which on a region fails. A third of a small nucleus: beyond it, measurements mix "
                "neighbours."
            ),
        ),
    ] = 6.0
    check_residual_px: Annotated[
        float,
        Field(
            gt=0,
            description="The same, from which on somebody should look.",
        ),
    ] = 2.0
    above_chance: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description=(
                "Part of the way from the agreement with other wells to a perfect one that a "
                "region's agreement with its reference must reach; less is a failure."
            ),
        ),
    ] = 0.1
    check_cut_away: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="Part of a region that may be lost to the consensus before it is told.",
        ),
    ] = 0.3
    check_clear: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description=(
                "Share of the blocks with content whose motion can be told; with less, what image "
                "and reference show is not the same everywhere."
            ),
        ),
    ] = 0.5


def judge(
    agreement: Agreement | None,
    motion: Motion | None,
    cut_away: float | None,
    thresholds: Thresholds,
) -> tuple[Verdict, str]:
    """Return the verdict on a region, and its reason in words with the number that decided.

    Args:
        agreement: Of the channel that agrees best; None where no channel is shared.
        motion: What is left in that channel.
        cut_away: Part of the region that the consensus lost.
        thresholds: Where verdicts change.
    """
    if agreement is None:
        return "nothing to judge", "no channel has one name in both acquisitions"
    now = agreement.before if agreement.after is None else agreement.after
    if now is None or motion is None or motion.places == 0:
        return "nothing to judge", "there is nothing in this region but noise"
    failure = _failure(agreement, now, motion, thresholds)
    if failure:
        return "fail", failure
    worries = _worries(motion, cut_away, thresholds)
    if worries:
        return "check", "; ".join(worries)
    return "pass", f"agreement {now:.2f}, off by {motion.median:.1f} px"


def _failure(
    agreement: Agreement, now: float, motion: Motion, thresholds: Thresholds
) -> str | None:
    if motion.clear and motion.median >= thresholds.fail_residual_px:
        still = "still off" if agreement.after is not None else "off"
        return f"{still} by {motion.median:.1f} px in the middle of its blocks"
    chance = max(agreement.others or 0.0, 0.0)
    if now < chance + thresholds.above_chance * (1.0 - chance):
        return (
            f"agrees with its reference no better ({now:.2f}) than with other wells ({chance:.2f})"
        )
    if agreement.before is not None and now < agreement.before - _LESS_ALIKE:
        return f"agreed better before ({agreement.before:.2f}) than after ({now:.2f})"
    return None


def _worries(motion: Motion, cut_away: float | None, thresholds: Thresholds) -> list[str]:
    found = []
    if motion.clear and motion.median >= thresholds.check_residual_px:
        found.append(f"off by {motion.median:.1f} px in the middle of its blocks")
    if (
        motion.rotation is not None
        and motion.rotation_error is not None
        and motion.in_corner is not None
        and motion.in_corner >= thresholds.check_residual_px
        and abs(motion.rotation) > 3 * motion.rotation_error
    ):
        found.append(
            f"turned by {motion.rotation:.2f} degrees: {motion.in_corner:.1f} px in its corners"
        )
    if motion.places >= ENOUGH_PLACES and motion.clear < thresholds.check_clear * motion.places:
        found.append(f"only {motion.clear} of {motion.places} places show the same")
    if motion.clear == 0 and motion.places < ENOUGH_PLACES:
        found.append("too little in it to tell how far it is off")
    if cut_away is not None and cut_away >= thresholds.check_cut_away:
        found.append(f"{cut_away:.0%} of the region is lost")
    return found
