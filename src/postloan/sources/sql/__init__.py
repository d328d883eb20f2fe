"""Read the answers of a lender's database."""
