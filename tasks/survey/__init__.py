"""How a plan is made: what a well holds, read once; nothing is written."""
