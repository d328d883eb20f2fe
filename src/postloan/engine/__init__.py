"""Contract tables in, contract tables out: replay, positions, flows, vintages. No files, no plots."""
