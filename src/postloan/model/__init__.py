"""The vocabulary: tables and columns, code lists, buckets, risk classes. Imports nothing of ours."""
