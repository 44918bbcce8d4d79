"""For each kind of row: what it wants, how that differs from what is there, and how it is written."""
