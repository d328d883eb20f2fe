"""Read one file: from bytes to records, before any meaning is given."""
