"""A register comes in from a spreadsheet: read, compare, report, and then all of it or nothing."""
