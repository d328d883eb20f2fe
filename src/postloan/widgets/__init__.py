"""Analyst notebooks: a view of the book, the controls that change it, and the figures and loans behind it."""
