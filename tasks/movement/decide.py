"""What becomes of each region: decided by all that its field, its well and its plate know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tasks.movement.closure import AGREES, Chain, closes
from tasks.movement.evidence import Candidate, Proposal, Translation
from tasks.movement.policy import OnLowConfidence
from tasks.movement.predict import Prediction

Decision = Literal["estimated", "unmoved", "confirmed", "within", "predicted", "zero", "refused"]
"""`estimated` alone says that nothing speaks against the region's own shift, `confirmed` that a
third acquisition gives the same, `within` that it lies where other fields say and is enough there,
`predicted` that it is theirs alone."""

APART, APART_UNOPPOSED = 0.05, 0.1
"""Share of the region's shorter side that a predicted shift may be uncertain by; a stage errs by
less. Twice that in a well in which nothing shows, if every other well follows the plate: nothing
can be known better there, and it is told."""

_LOOKED_IN = 0.2
"""Share of the region's shorter side up to which a window is small: what matches by chance matches
elsewhere."""

FEW = 3
"""Other fields of the well, from which on their word counts more than a field's own."""


@dataclass(frozen=True)
class Known:
    """All that is known of one region."""

    proposal: Proposal
    prediction: Prediction | None = None
    """From the other fields of its well, and from the plate."""
    near: Candidate | None = None
    """What a second look found where it must lie, and weaker evidence confirmed there."""
    chains: tuple[Chain, ...] = ()
    """Its shift over other acquisitions."""


@dataclass(frozen=True)
class Decided:
    """What is done with one region."""

    region: str
    translation: Translation
    decision: Decision
    word: str
    """The decision as people read it, such as `confirmed by acquisition 2`."""
    reason: str
    """What spoke against the region's own shift, and what decided; empty for `estimated`."""


def is_settled(known: Known) -> bool:
    """Return whether a region's own shift stands, so that nothing more has to be looked at."""
    best = known.proposal.best
    if best is None or not best.is_sure:
        return False
    return _objection(known, best) == ""


def needs_second_look(known: Known) -> bool:
    """Return whether a search where the shift must lie could settle a region."""
    prediction = known.prediction
    return (
        prediction is not None
        and not is_settled(known)
        and max(prediction.within[1:]) <= _LOOKED_IN * known.proposal.side
    )


def decide_region(known: Known, on_low_confidence: OnLowConfidence) -> Decided:
    """Decide on one region.

    Its own shift stands where it is sure and nothing contradicts it. Else, in this order: a third
    acquisition that gives the same, a match that is enough where the shift must lie, the policy.
    `neighbours` takes the predicted shift where that is known to 5 % of the region's side, or 10 %
    in a well in which nothing shows on a plate of which all else moved as one, and refuses
    otherwise. A sure shift is not replaced by a predicted one on the word of the plate
    alone: one of both is wrong, and nobody knows which.

    Args:
        known: What is known of it.
        on_low_confidence: The policy.
    """
    best = known.proposal.best
    nothing = known.proposal.nothing or "nothing matches"
    against = nothing if best is None else _objection(known, best)
    if best is not None and not against:
        return _decided(known, best.translation, "estimated", "")
    for chain in known.chains:
        if known.prediction is None and known.proposal.is_sure:
            # Three that are sure and do not add up: which one is wrong is not known.
            break
        if known.prediction is not None and not known.prediction.allows(chain.translation):
            continue
        own = _closing(known.proposal, chain)
        return _decided(
            known,
            own.translation if own and own.error <= chain.error else chain.translation,
            "confirmed",
            against,
            word=f"confirmed by acquisition {chain.over}",
        )
    if known.near is not None and known.prediction is not None:
        return _decided(
            known,
            known.near.translation,
            "within",
            against,
            word=f"within the {known.prediction.by}'s movement",
        )
    if (
        best is not None
        and not best.doubts
        and best.remark
        and known.prediction is None
        and on_low_confidence != "fail"
    ):
        return _decided(known, best.translation, "unmoved", against)
    if on_low_confidence == "zero":
        return _decided(known, (0.0, 0.0, 0.0), "zero", against)
    return _filled_in(known, against, on_low_confidence)


def _filled_in(known: Known, against: str, on_low_confidence: OnLowConfidence) -> Decided:
    prediction, proposal = known.prediction, known.proposal
    if on_low_confidence == "fail":
        return _refused(known, against)
    if prediction is None:
        return _refused(known, against, "no other field says where it must lie")
    if not prediction.fills_in:
        why = "too many wells moved by themselves to say where it must lie"
        return _refused(known, against, why)
    told = f"{_in_pixels(prediction, proposal):.1f} px"
    share = max(prediction.within) / proposal.side
    if share > (APART_UNOPPOSED if prediction.unopposed else APART):
        return _refused(known, against, f"other fields tell its shift to +/- {told} only")
    if proposal.is_sure and prediction.fields < FEW:
        return _refused(known, against)
    rests = {
        "image": f"{prediction.fields} other fields of the image",
        "well": f"{prediction.fields} fields of the well",
        "plate": "the plate's movement",
    }[prediction.by]
    if share > APART:
        rests = f"{rests} alone, as nothing in its well says it better"
    return _decided(
        known,
        prediction.translation,
        "predicted",
        f"{against}; predicted by {rests}",
        word=f"predicted +/- {told}",
    )


def _objection(known: Known, best: Candidate) -> str:
    """Return what speaks against the best candidate; empty if nothing does."""
    prediction = known.prediction
    if best.doubts:
        return "; ".join(best.doubts)
    if prediction is not None and not prediction.allows(best.translation):
        away = np.max(abs(np.subtract(best.translation, prediction.translation)))
        return (
            f"its match lies {away:.1f} micrometers from where the other fields of the "
            f"{prediction.by} put it"
        )
    if best.remark:
        # What stands still may only be believed where all else stands still to the pixel.
        return "" if _agrees(best, known) else best.remark
    if prediction is None and known.chains:
        pixel = known.proposal.pixel
        if not any(closes(best.translation, best.error, c, pixel) for c in known.chains):
            over = ", ".join(str(chain.over) for chain in known.chains)
            return f"its match contradicts what is found over acquisition {over}"
    return ""


def _agrees(candidate: Candidate, known: Known) -> bool:
    prediction = known.prediction
    if prediction is None:
        return False
    pixel = np.array(known.proposal.pixel)
    away = abs(np.subtract(candidate.translation, prediction.translation))
    # Where it must lie has to be known well, or lying there would be no proof.
    is_known = max(prediction.within[1:]) <= 2 * AGREES * pixel[1:].max()
    return bool(np.all(away <= AGREES * pixel)) and is_known


def _closing(proposal: Proposal, chain: Chain) -> Candidate | None:
    for candidate in proposal.candidates:
        if closes(candidate.translation, candidate.error, chain, proposal.pixel):
            return candidate
    return None


def _in_pixels(prediction: Prediction, proposal: Proposal) -> float:
    return max(n / size for n, size in zip(prediction.within[1:], proposal.pixel[1:], strict=True))


def _refused(known: Known, *reasons: str) -> Decided:
    """Return a refusal that names the match that was not believed: it is often the right one."""
    best = known.proposal.best
    told: tuple[str, ...] = ()
    if best is not None:
        told = (f"its best match lies at {_shift_text(known, best.translation)}",)
        if best.second is not None:
            told = (*told, f"that of a part of it at {_shift_text(known, best.second)}")
    return _decided(known, (0.0, 0.0, 0.0), "refused", "; ".join((*reasons, *told)))


def _shift_text(known: Known, translation: Translation) -> str:
    """Return a shift in pixels of the level, along z where there is any."""
    pixels = {
        axis: along / size
        for axis, along, size in zip("zyx", translation, known.proposal.pixel, strict=True)
    }
    shown = [axis for axis in "zyx" if axis != "z" or pixels["z"]]
    return ", ".join(f"{axis} {pixels[axis]:+.1f}" for axis in shown) + " px of the level"


def _decided(
    known: Known, translation: Translation, decision: Decision, reason: str, *, word: str = ""
) -> Decided:
    return Decided(known.proposal.region, translation, decision, word or decision, reason)
