"""What a workload needs, who needs it, and the register of third parties."""
