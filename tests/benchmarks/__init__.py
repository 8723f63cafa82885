"""Measure against the reference system, and compare with it pixel by pixel.

`python -m tests.benchmarks` measures, `python -m tests.benchmarks equivalence` compares.
"""
