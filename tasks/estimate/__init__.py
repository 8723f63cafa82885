"""How far a region moved between acquisitions: estimated, judged, written and agreed upon."""
