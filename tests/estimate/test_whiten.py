"""The edges of a region fade out as Tukey's window does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal.windows import tukey

from tasks.estimate.whiten import taper


@pytest.mark.parametrize("length", [1, 2, 5, 64, 161, 2160])
def test_a_side_fades_out_at_both_ends(length: int) -> None:
    np.testing.assert_allclose(taper(length), tukey(length, 0.15), rtol=0, atol=1e-12)
