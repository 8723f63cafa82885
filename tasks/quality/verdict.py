"""Pass, check or fail: what the numbers of a region mean, and why."""

from __future__ import annotations

import math

from tasks.quality.options import Thresholds
from tasks.quality.region_quality import Agreement, Motion, Verdict

ENOUGH_PLACES = 4
"""Blocks: of fewer, the share that shows a motion says nothing."""


_BY_CHANCE = 1
"""Blocks that may have content in one of both alone where there is next to nothing in either."""

_HARDLY_ANY = 0.2
"""Share of the blocks with content below which a field counts as empty, if none tells a motion."""

_MUCH_BY_CHANCE = 0.3
"""Agreement with other wells from which on something lies at one place in all of them."""

_LESS_ALIKE = 0.1
"""Loss of agreement that no rounding to whole pixels makes."""


def judge(
    agreement: Agreement | None,
    motion: Motion | None,
    cut_away: float | None,
    thresholds: Thresholds,
    moved: tuple[float, float] = (0.0, 0.0),
) -> tuple[Verdict, str]:
    """Return the verdict on a region, and its reason in words with the number that decided.

    Args:
        agreement: Of the channel that agrees best; None where no channel is shared.
        motion: What is left in that channel.
        cut_away: Part of the region that the consensus lost.
        thresholds: Where verdicts change.
        moved: Pixels of the finest level along y and x that its pixels moved by.
    """
    if agreement is None:
        return "nothing to judge", "no channel has one name in both acquisitions"
    now = agreement.before if agreement.after is None else agreement.after
    if now is None or motion is None:
        return "nothing to judge", "there is nothing in this region but noise"
    if reason := _hardly_anything(motion):
        return "nothing to judge", reason
    failure = _failure(agreement, now, motion, thresholds)
    if failure:
        return "fail", failure
    worries = _worries(motion, cut_away, thresholds, moved)
    if _is_little(now, _chance(agreement), thresholds):
        worries.insert(0, f"agrees little ({now:.2f}), though most of it lies in its place")
    if worries:
        return "check", "; ".join(worries)
    return "pass", f"agreement {now:.2f}, off by {motion.median:.1f} px"


def agrees_little(agreement: Agreement, thresholds: Thresholds) -> bool:
    """Return whether a channel agrees hardly more than it does by chance, or shows nothing.

    Args:
        agreement: Of the channel, beside chance.
        thresholds: Where verdicts change.
    """
    now = agreement.before if agreement.after is None else agreement.after
    return now is None or _is_little(now, _chance(agreement), thresholds)


def _hardly_anything(motion: Motion) -> str | None:
    """Return why a region counts as empty; None where there is something to judge."""
    of_reference, of_image = motion.in_one_only
    is_elsewhere = min(of_reference, of_image) > _BY_CHANCE
    if is_elsewhere or motion.clear or motion.places > _HARDLY_ANY * motion.blocks:
        return None
    if motion.places:
        few = f"{motion.places} of {motion.blocks} places"
        return f"only {few} show more than noise, and none says how it lies"
    if of_reference or of_image:
        empty = "image" if of_reference else "reference"
        return f"there is nothing in this region of the {empty} but noise"
    return "there is nothing in this region but noise"


def _failure(
    agreement: Agreement, now: float, motion: Motion, thresholds: Thresholds
) -> str | None:
    if motion.places == 0:
        return "the image shows something only where its reference shows nothing"
    if motion.clear and motion.median >= thresholds.fail_residual_px:
        still = "still off" if agreement.after is not None else "off"
        return f"{still} by {motion.median:.1f} px in the middle of its blocks"
    chance = _chance(agreement)
    if _is_little(now, chance, thresholds) and not _is_in_place(motion, chance, thresholds):
        return (
            f"agrees with its reference no better ({now:.2f}) than with other wells ({chance:.2f})"
        )
    if agreement.before is not None and now < agreement.before - _LESS_ALIKE:
        return f"agreed better before ({agreement.before:.2f}) than after ({now:.2f})"
    return None


def _chance(agreement: Agreement) -> float:
    return max(agreement.others or 0.0, 0.0)


def _is_little(now: float, chance: float, thresholds: Thresholds) -> bool:
    return now < chance + thresholds.above_chance * (1.0 - chance)


def _is_in_place(motion: Motion, chance: float, thresholds: Thresholds) -> bool:
    """Whether most blocks tell where they lie, and that is where they should.

    Where stains of one name show other parts of the cells, little agrees, and yet all is in place.
    What other wells share, such as a rim, is in place everywhere, and says nothing.
    """
    return (
        chance < _MUCH_BY_CHANCE
        and motion.clear >= max(ENOUGH_PLACES, thresholds.check_clear * motion.places)
        and motion.median < thresholds.check_residual_px
    )


def _worries(
    motion: Motion,
    cut_away: float | None,
    thresholds: Thresholds,
    moved: tuple[float, float],
) -> list[str]:
    found = []
    if _apart(motion) >= thresholds.check_residual_px:
        own = [f"({moved[0] - y:.1f}, {moved[1] - x:.1f})" for y, x in motion.parts]
        found.append(f"its parts moved separately: y, x by {', '.join(own[:-1])} and {own[-1]} px")
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
            f"the sample is turned by {motion.rotation:.2f} degrees, which moves the region's "
            f"corners by {motion.in_corner:.1f} px; images are moved and not turned"
        )
    if motion.places >= ENOUGH_PLACES and motion.clear < thresholds.check_clear * motion.places:
        found.append(f"only {motion.clear} of {motion.places} places show the same")
    if motion.clear == 0 and motion.places < ENOUGH_PLACES:
        found.append("too little in it to tell how far it is off")
    if cut_away is not None and cut_away >= thresholds.check_cut_away:
        found.append(f"{cut_away:.0%} of the region is lost")
    return found


def _apart(motion: Motion) -> float:
    """Return the pixels that the two most unlike parts of a region lie apart; 0 without parts."""
    return max((math.dist(one, other) for one in motion.parts for other in motion.parts), default=0)
