"""Doctor: what is not as it should be in a plate, and what is safe to put right."""
