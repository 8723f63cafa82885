"""The small wells of the storage tests, to be damaged."""

from __future__ import annotations

from tests.storage.conftest import ngff_version, plates, tmp_path, well

__all__ = ["ngff_version", "plates", "tmp_path", "well"]
