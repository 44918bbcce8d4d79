"""Rehearsal: what was planned, what the clock said, whether the promise held, and which gaps are left."""
