"""The edges of a region fade out as Tukey's window does."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.estimate.whiten import taper


@pytest.mark.parametrize("length", [1, 2, 5, 64, 161, 2160])
def test_a_side_fades_out_at_both_ends(length: int) -> None:
    # Each process of the tests would take half a second to load it.
    from scipy.signal.windows import tukey  # noqa: PLC0415

    np.testing.assert_allclose(taper(length), tukey(length, 0.15), rtol=0, atol=1e-12)
