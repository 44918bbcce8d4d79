"""Doormen: each calls one function of this room."""

from celery import shared_task
from django.utils import timezone

from audit.models import Door
from audit.services import through
from workloads import reminders, rights
from workloads.gates import services
from workloads.gates.reminders import remind_of_waivers
from workloads.register import sweep
from workloads.register.waiting import forget_expired


@shared_task(name="workloads.tasks.remind")
def remind() -> None:
    with through(Door.SWEEP):
        reminders.remind_of_reviews(at=timezone.now())
        remind_of_waivers(at=timezone.now())


@shared_task(name="workloads.tasks.lapse_waivers")
def lapse_waivers() -> None:
    with through(Door.SWEEP):
        services.lapse_waivers(at=timezone.now())


@shared_task(name="workloads.tasks.settle_rights")
def settle_rights() -> None:
    with through(Door.SWEEP):
        rights.settle_rights(at=timezone.now())


@shared_task(name="workloads.tasks.forget_imports")
def forget_imports() -> None:
    forget_expired(at=timezone.now())


@shared_task(name="workloads.tasks.work_on_imports")
def work_on_imports() -> None:
    """Check and import files that wait; one of the worker's processes at a time does so."""
    with through(Door.SWEEP):
        sweep.work(clock=timezone.now)
