"""What a workload does for whom, what it is made of, and how that can fail."""
