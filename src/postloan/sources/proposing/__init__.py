"""Propose a mapping for files that no mapping speaks of yet."""
