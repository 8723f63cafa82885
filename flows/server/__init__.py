"""Prefect's server where none is configured: how it is set up, started, found and ended."""
