"""Measurements: ours against the limit of the machine and against what users would otherwise pick."""
