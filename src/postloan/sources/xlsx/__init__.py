"""Read a sheet of an Excel workbook, and say of every cell that cannot be believed why."""
