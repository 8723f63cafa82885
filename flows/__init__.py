"""Orchestration: Prefect flows that say what runs when."""
