"""Post-loan management: delinquency, grading, collection metrics and signed-off report packs."""

__version__ = "0.1.0"
