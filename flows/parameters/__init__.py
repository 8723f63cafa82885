"""What each flow can be asked for: the one source of its form, its command and its checks."""
