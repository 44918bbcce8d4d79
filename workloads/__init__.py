"""What we protect: workload, tier, classification, review."""
