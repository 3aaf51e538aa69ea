"""Targets grouped into issues, so that positions on differently worded targets can be compared."""
