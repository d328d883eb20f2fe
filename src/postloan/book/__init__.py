"""The store: immutable versions of Parquet tables, one pointer, one lock."""
