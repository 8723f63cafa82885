"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# Machines are noisy: no test is judged by the clock.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
