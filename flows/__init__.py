"""Orchestration: Prefect flows that say what runs when."""

from tasks.pixels.heap import keep_in_one_piece

# Before anything has started a thread: whoever imports a flow is going to move pixels.
keep_in_one_piece()
