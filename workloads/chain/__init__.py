"""What a workload can keep, once everything it needs is counted: the chain of its hard dependencies."""
