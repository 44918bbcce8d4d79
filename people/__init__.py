"""Users, contacts who never sign in, teams, role assignments, rights, API tokens."""
