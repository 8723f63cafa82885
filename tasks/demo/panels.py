"""What is stained in each acquisition: the nuclei every time, two markers that differ."""

from __future__ import annotations

from tasks.demo.stains import Stain

NUCLEI = Stain(
    name="DAPI",
    pattern="nucleus",
    positive=1.0,
    photons=220.0,
    grain=7,
    wavelength="A01_C01",
    color="0000FF",
)
"""Repeated in each acquisition, as channel 0: what images are compared by."""

_GREEN = ("A02_C02", "00FF00")
_RED = ("A03_C03", "FF0000")

PANELS: tuple[tuple[Stain, ...], ...] = (
    (
        NUCLEI,
        Stain("E-cadherin", "membrane", 1.0, 140.0, 15, *_GREEN),
        Stain("Vimentin", "cytoplasm", 0.3, 120.0, 9, *_RED),
    ),
    (
        NUCLEI,
        Stain("Ki-67", "nucleus", 0.25, 160.0, 5, *_GREEN),
        Stain("Tubulin", "cytoplasm", 1.0, 110.0, 5, *_RED),
    ),
    (
        NUCLEI,
        Stain("p53", "nucleus", 0.4, 110.0, 11, *_GREEN),
        Stain("LAMP1", "vesicles", 0.9, 140.0, 5, *_RED),
    ),
)
"""Per acquisition, the stain of each channel."""

BLEACHING: tuple[float, ...] = (1.0, 0.85, 0.7)
"""Per acquisition, the share of the light that is left."""
