"""From a lender's files to accepted rows, quarantined rows and counts."""
