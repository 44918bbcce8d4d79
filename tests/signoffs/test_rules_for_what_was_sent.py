"""Requests and signatures of before there was a rule of distinct signers, brought up to date."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from people.permissions import EXECUTIVE_SPONSOR
from signoffs.models import Request, Signature
from tests.cast import NOW, make_cast, propose
from tests.signoffs.conftest import sign
from workloads import services as workloads

SIGNED_TWICE = """
INSERT INTO signoffs_signature (slot_id, signer_id, printed_name, printed_role, meaning, signed_at, method, digest)
SELECT slot.id, %s, 'Maren Holt', 'Executive sponsor', 'x', now(), 'password', '' FROM signoffs_slot slot
WHERE slot.request_id = %s AND slot.role_id = %s
"""


@pytest.mark.django_db(transaction=True)
def test_what_is_out_for_signature_knows_its_proposer_and_what_one_person_signed_twice_stays():
    cast = make_cast()
    cast.team.members.add(cast.stakeholder)
    target = propose(cast, by=cast.stakeholder)
    request = workloads.send_for_signature(classification=target, by=cast.owner, at=NOW)
    sign(request, cast.head)
    call_command("migrate", "signoffs", "0003", verbosity=0)
    try:
        with connection.cursor() as cursor:
            cursor.execute(SIGNED_TWICE, [cast.head.pk, request.pk, EXECUTIVE_SPONSOR])
    finally:
        call_command("migrate", verbosity=0)
    request = Request.objects.get(pk=request.pk)
    assert (request.requested_by, request.proposed_by) == (cast.owner, cast.stakeholder)
    assert (request.one_per_person, request.proposer_may_sign) == (False, False)
    given = Signature.objects.values_list("request", "signer", "one_per_person")
    assert list(given) == [(request.pk, cast.head.pk, False)] * 2
