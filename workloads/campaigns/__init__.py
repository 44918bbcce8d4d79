"""Review campaigns: the reviews of a quarter opened, watched and given together."""
