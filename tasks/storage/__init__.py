"""Storage layer: staging, verification, swap, locks and provenance on a file system."""
