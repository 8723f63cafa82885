"""How well a registration went: numbers, verdicts, pictures and the report of a plate."""
