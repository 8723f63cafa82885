"""The wells of a plate on many machines, and what came of each in one place."""
