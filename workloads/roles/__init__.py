"""Who holds which role, for the organisation and for each workload, and where somebody is missing."""
