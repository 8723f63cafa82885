"""Table layer: tables of the result, copied as they are or moved with the pixels."""
