"""Doormen: each calls one function of this room."""

from celery import shared_task
from django.utils import timezone

from audit.models import Door
from audit.services import through
from communications import delivery, digests, rounds


# Without the usual limit: while the database is away only this process knows what it got rid of (`rounds.PATIENCE`).
@shared_task(name="communications.tasks.deliver", time_limit=2 * rounds.PATIENCE)
def deliver() -> None:
    """Send what is due; half of the worker's processes may do so at once, each takes other rows."""
    with through(Door.SWEEP):
        try:
            digests.gather(at=timezone.now())
        finally:  # a digest that cannot be written holds up nobody else's messages
            delivery.deliver()
