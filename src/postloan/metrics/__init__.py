"""Metrics as records, measured in one query; ratios never travel without their parts."""
