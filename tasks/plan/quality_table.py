"""The name of the table that says how well an image was registered."""

from __future__ import annotations

QUALITY_TABLE = "registration_qc"
"""Ours to write and to replace; a registration makes it anew, and carries none over."""
