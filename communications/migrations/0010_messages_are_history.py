from django.db import migrations

from audit.triggers import append_only, held_to_moves, never_truncated

LEASE = ["lease_token", "lease_until"]
AGAIN = ["next_try_at", "last_error", "attempts", "flagged_copy", *LEASE]

TAKEN_AS_SENT = ["sent_at", "last_error", *LEASE]


class Migration(migrations.Migration):
    """What was written to people stays as it was written, to whom and by which address; a delivery moves as its model says."""

    dependencies = [("communications", "0009_search_in_another_spelling"), ("audit", "0003_moves_and_moments")]
    operations = [
        append_only("communications_message"),
        held_to_moves(
            "communications_delivery",
            {
                "queued": {
                    "queued": ["next_try_at", "last_error"],
                    "started": ["started_at", *LEASE],
                    "sent": TAKEN_AS_SENT,
                },
                "started": {
                    "started": ["lease_until"],
                    "sent": ["attempts", *TAKEN_AS_SENT],
                    "queued": AGAIN,
                    "failed": ["last_error", "attempts", *LEASE],
                },
                "failed": {"queued": ["next_try_at", "attempts"]},
                "held": {"digested": ["digest_id"], "sent": TAKEN_AS_SENT},
            },
        ),
        never_truncated("communications_delivery"),
    ]
