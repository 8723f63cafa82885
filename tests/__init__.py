"""Tests mirror the modules they check; `plates` makes the plates that they all work on."""
