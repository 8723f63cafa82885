"""The report of a plate: its folder, its pictures, its page and its figures."""
