"""How many things run at once, and what runs them."""
