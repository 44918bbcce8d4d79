"""What stands between a target and its signature, and waivers: findings that the executive sponsor accepts for a while."""
