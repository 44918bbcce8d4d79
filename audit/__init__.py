"""What happened: append-only events, sealed in a hash chain. Knows nothing of the other rooms."""
