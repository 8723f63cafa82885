"""Table layer: tables are carried over, or moved with the pixels."""
