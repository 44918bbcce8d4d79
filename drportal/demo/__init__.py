"""Harbour Mutual, the believable organisation that `make run` brings along."""
