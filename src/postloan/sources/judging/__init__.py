"""Judge the rows of a delivery: by themselves, against one another and against the book."""
