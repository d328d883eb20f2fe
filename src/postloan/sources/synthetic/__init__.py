"""A seeded, invented lender, generated from the contract: its books, its faults and planted truths."""
