"""How we tell people, once: purposes, messages, deliveries, reminder receipts. Never why."""
