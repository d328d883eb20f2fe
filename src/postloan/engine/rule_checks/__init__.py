"""Checks of the lender's own rules, record by record: each says whom it looks at and what breaks the rule."""
