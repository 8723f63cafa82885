"""Pixel layer: windows become blocks, blocks become every level of a pyramid."""
