"""What the staff of the invented lender do: cases, calls, visits, warnings, suits; consistent with its ledger."""
