"""Tables derived from a book, kept beside it: replayed, classified, graded; brought up to each new month."""
