from django.db import migrations

from audit.triggers import held_to_moves

CLOSING = ["closed_at", "closed_by_id", "closing_reason"]


class Migration(migrations.Migration):
    """A request that is closed stays as it was closed, and an open one only closes."""

    dependencies = [("signoffs", "0007_search_in_another_spelling"), ("audit", "0003_moves_and_moments")]
    operations = [
        held_to_moves(
            "signoffs_request",
            {"open": {"completed": CLOSING, "rejected": CLOSING, "withdrawn": CLOSING, "voided": CLOSING}},
        )
    ]
