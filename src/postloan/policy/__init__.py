"""Dated, sourced rules as data: read, checked, compiled, applied."""
