"""Tell a server of the flows, and keep what a site has set there."""
