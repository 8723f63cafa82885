"""What flows return, and all that shows it: artifacts, terminal, run names, endings."""
