"""The command `plate-registration`: options, start, server, stop and demonstration."""
