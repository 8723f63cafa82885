"""Which plates have something to register by themselves: found, complete, settled, not given up."""
