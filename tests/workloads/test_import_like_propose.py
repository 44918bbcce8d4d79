"""A row is taken exactly when the same target could be proposed on the page, whatever the combination."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from django.db import transaction

from audit.errors import DeedError
from tests.cast import NOW
from tests.workloads.registers import as_csv
from workloads import services as workloads
from workloads.models import Classification, Tier
from workloads.register.services import check_register, import_register

# An import knows no suggestion, so the page is asked without one too.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unanswered")]
SHIFTS = (-1, 0, 1)
HEADER_KEYS = ("rto_seconds", "rpo_seconds", "reason", "looser_reason")
HEADER = ("name", "purpose", "team", "tier", "SLO", "RTO in s", "RPO in s", "reason", "looser reason")


def targets():
    """Each tier with figures just inside, at and just outside of what it allows, with and without reasons."""
    for tier in Tier.objects.all():
        floor = tier.slo_floor or Decimal(50)
        for slo, rto, rpo, reason, looser in product(
            SHIFTS, SHIFTS, SHIFTS, ("", "An hour costs a lot."), ("", "Old tapes.")
        ):
            yield {
                "tier": tier,
                "slo": floor + slo * Decimal("0.0001"),
                "rto_seconds": tier.rto_seconds + rto,
                "rpo_seconds": tier.rpo_seconds + rpo,
                "reason": reason,
                "looser_reason": looser,
            }


def row(number, target):
    said = [target["tier"].level, target["slo"], *(target[k] for k in HEADER_KEYS)]
    return dict(zip(HEADER, [f"W {number}", "p", "Payments", *map(str, said)], strict=True))


def could_be_proposed(cast, target):
    try:
        with transaction.atomic():
            workloads.propose(workload=cast.workload, by=cast.head, at=NOW, **target)
            transaction.set_rollback(True)
    except DeedError:
        return False
    return True


def test_the_import_refuses_what_the_page_refuses_and_nothing_else(cast):
    wanted = list(targets())
    data = as_csv(*(row(number, target) for number, target in enumerate(wanted)), header=HEADER)
    report = check_register(data=data, name="r.csv", by=cast.head, at=NOW)
    taken = [found.outcome == "new" for found in report.rows]
    assert taken == [could_be_proposed(cast, target) for target in wanted]
    assert 0 < sum(taken) < len(taken)


def test_what_is_imported_is_what_was_written(cast):
    wanted = [target for target in targets() if could_be_proposed(cast, target)]
    data = as_csv(*(row(number, target) for number, target in enumerate(wanted)), header=HEADER)
    import_register(data=data, name="r.csv", by=cast.head, at=NOW)
    found = {c.workload.name: c for c in Classification.objects.select_related("workload", "tier")}
    for number, target in enumerate(wanted):
        assert {name: getattr(found[f"W {number}"], name) for name in target} == target
