"""Fingerprints of folders: to see that nothing in them has changed."""

from __future__ import annotations

import hashlib
from pathlib import Path


def digest_tree(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a folder by its path below the folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
