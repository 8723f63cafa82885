"""What a plate knows of its fields: where they lie, how it moved as a whole, what follows."""
