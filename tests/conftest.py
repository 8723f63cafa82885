"""What holds for every test."""

from __future__ import annotations

import os
import sys

from hypothesis import settings

# Containers often tell Python to keep nothing that it compiles. Each of the many processes that
# tests start would compile Prefect and ngio anew, which takes as long as all else that it does.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Machines are noisy: no test is judged by the clock.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
