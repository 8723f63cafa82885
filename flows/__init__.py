"""Orchestration: Prefect flows that say what runs when."""

from tasks.pixels.heap import set_up_heap

# Before anything has started a thread: whoever imports a flow is going to move pixels.
set_up_heap()
