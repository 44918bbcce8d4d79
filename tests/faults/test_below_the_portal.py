"""Somebody has the portal's database password: what was decided stays as it was decided all the same."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import Unsealed
from communications.models import Delivery, Message
from drportal.database_roles import give_rights
from people.models import RoleAssignment
from people.permissions import BUSINESS_STAKEHOLDER
from tests.cast import NOW, put_in_force
from tests.drills.play import planned
from tests.past import rewriting_history

pytestmark = [pytest.mark.django_db, pytest.mark.fault]
ROLE = "portal_app_of_tests"


@pytest.fixture
def decided(cast: Any) -> Any:
    """A target in force, signed by three, about which letters went out; an older one; a role; a drill that is planned."""
    put_in_force(cast, tier=2, differs_reason="The contract asks for it.")
    put_in_force(cast)
    planned(cast)
    with rewriting_history():
        Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(
            state="started", started_at=NOW, lease_token="0" * 32, lease_until=NOW
        )
    with rewriting_history():
        Delivery.objects.filter(state="started").update(state="sent", sent_at=NOW, lease_token=None, lease_until=None)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing is left for the end of the transaction
    return cast


@pytest.fixture
def thief(decided: Any) -> None:
    """From here on the connection is one of the role that web, worker and beat run under."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
        give_rights(ROLE)
        cursor.execute(f"SET LOCAL ROLE {ROLE}")


def attempt(sql: str) -> int:
    """How many rows it changed. Raises what the database says."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.rowcount)


SOMEBODY = "(SELECT max(id) FROM people_user)"
CRIMES = {
    "a closed request is opened": (
        "UPDATE signoffs_request SET state = 'open', closed_at = NULL, closed_by_id = NULL WHERE state = 'completed'"
    ),
    "a signed request becomes a rejected one": (
        "UPDATE signoffs_request SET state = 'rejected', closing_reason = 'No.' WHERE state = 'completed'"
    ),
    "somebody else closed it": f"UPDATE signoffs_request SET closed_by_id = {SOMEBODY}",
    "it was closed another day": "UPDATE signoffs_request SET closed_at = closed_at - interval '1 year'",
    "it was closed for another reason": "UPDATE signoffs_request SET closing_reason = 'Because.'",
    "a signature is another's": f"UPDATE signoffs_signature SET signer_id = {SOMEBODY}",
    "a signature goes": "DELETE FROM signoffs_signature",
    "a target in force is taken out of force": (
        "UPDATE workloads_classification SET state = 'withdrawn', closed_at = now(), closed_by_id = proposed_by_id"
        " WHERE state = 'signed_off'"
    ),
    "an old target comes back": (
        "UPDATE workloads_classification SET state = 'proposed', closed_at = NULL, closed_by_id = NULL"
        " WHERE state = 'superseded'"
    ),
    "somebody else put it into force": f"UPDATE workloads_classification SET signed_off_by_id = {SOMEBODY}",
    "it was in force earlier": "UPDATE workloads_classification SET signed_off_at = signed_off_at - interval '1 year'",
    "it rests on other signatures": (
        "UPDATE workloads_classification SET request_id = NULL WHERE state = 'superseded'"
    ),
    "a superseded target is due": "UPDATE workloads_classification SET review_due_on = '2030-01-01' WHERE state = 'superseded'",
    "a letter says something else": "UPDATE communications_message SET body = 'All is well.'",
    "a letter was never written": "DELETE FROM communications_message",
    "a letter went to somebody else": "UPDATE communications_delivery SET address = 'x@example.org'",
    "a letter leaves again": (
        "UPDATE communications_delivery SET state = 'queued', sent_at = NULL WHERE state = 'sent'"
    ),
    "a letter left at another time": "UPDATE communications_delivery SET sent_at = now() WHERE state = 'sent'",
    "a letter did not leave": "DELETE FROM communications_delivery WHERE state = 'sent'",
    "somebody else held a role": f"UPDATE people_roleassignment SET person_id = {SOMEBODY} WHERE deputy_id IS NULL",
    "he was the deputy": f"UPDATE people_roleassignment SET deputy_id = {SOMEBODY} WHERE deputy_id IS NOT NULL",
    "it was another role": "UPDATE people_roleassignment SET role_id = 'auditor'",
    "it was held longer": "UPDATE people_roleassignment SET from_on = '2020-01-01'",
    "it ended long ago": "UPDATE people_roleassignment SET until_on = '2025-01-01'",
    "nobody held a role": "DELETE FROM people_roleassignment",
    "a drill that never began is finished": (
        "UPDATE drills_drill SET state = 'finished', started_at = now(), started_by_id = coordinator_id,"
        " finished_at = now(), finished_by_id = coordinator_id, rto_verdict = 'met', rpo_verdict = 'met'"
    ),
    "a drill was never planned": "DELETE FROM drills_drill",
}  # fmt: skip


@pytest.mark.parametrize("sql", CRIMES.values(), ids=list(CRIMES))
def test_the_portals_own_role_does_not_rewrite_history(thief: None, sql: str):
    with pytest.raises(DatabaseError, match=r"refused|permission denied for table"):
        attempt(sql)


@pytest.mark.parametrize("table", ["communications_message", "communications_delivery", "people_roleassignment"])
def test_no_table_of_history_is_emptied(decided: Any, table: str):
    with pytest.raises(DatabaseError, match="refused"):
        attempt(f"TRUNCATE {table} CASCADE")


def test_what_the_portal_does_is_not_refused_to_its_role(thief: None):
    due_early = "UPDATE workloads_classification SET review_reasons = '[]', review_due_on = current_date"
    assert attempt(f"{due_early} WHERE state = 'signed_off'") == 1
    assert attempt("UPDATE communications_delivery SET last_error = 'x' WHERE state = 'queued'") > 1
    role = RoleAssignment.objects.filter(role=BUSINESS_STAKEHOLDER)
    assert role.update(until_on="2026-11-19") == 1
    assert role.update(until_on=None) == 1
    assert Message.objects.exists()


# --- temporary tables of the same name ------------------------------------------------------------------------------
def test_a_temporary_queue_does_not_keep_an_event_from_its_seal(thief: None):
    waiting = Unsealed.objects.count()
    attempt("CREATE TEMP TABLE audit_unsealed (event_id bigint)")
    attempt(
        "INSERT INTO audit_event (at, kind, actor_name, door, subject_type, subject_id, subject_name, thread, before, after)"
        " VALUES (now(), 'x', 'x', 'page', 'x', '1', 'x', '', '{}', '{}')"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.audit_unsealed")
        assert cursor.fetchone()[0] == waiting + 1


def test_a_temporary_drill_takes_no_times_for_one_that_never_began(thief: None):
    attempt("CREATE TEMP TABLE drills_drill AS SELECT id, 'running'::text AS state FROM public.drills_drill")
    with pytest.raises(DatabaseError, match="the drill is planned"):
        attempt(
            "INSERT INTO drills_mark (drill_id, what, at, recorded_at, recorded_by_id, grade, source, reason)"
            f" SELECT id, 'outage_began', now(), now(), {SOMEBODY}, 'typed', '', '' FROM public.drills_drill"
        )


def test_a_temporary_drill_closes_no_gap(thief: None):
    attempt(
        "CREATE TEMP TABLE drills_drill AS SELECT id, workload_id, 'finished'::text AS state, 'met'::text AS rto_verdict,"
        " 'met'::text AS rpo_verdict, now() AS started_at FROM public.drills_drill"
    )
    attempt(
        "INSERT INTO drills_drill SELECT id + 1, workload_id, 'finished', 'met', 'met', now() + '1 h' FROM drills_drill"
    )
    with pytest.raises(DatabaseError, match="only a later drill"):
        attempt(
            "INSERT INTO drills_action (drill_id, title, cause, severity, owner_id, due_on, state, opened_at, opened_by_id,"
            " done_at, done_by_id, done_how, closed_at, closed_by_id, closed_by_drill_id)"
            f" SELECT id, 'x', '', 'high', {SOMEBODY},"
            f" now(), 'closed', now(), {SOMEBODY}, now(), {SOMEBODY}, 'x', now(), {SOMEBODY}, id + 1 FROM public.drills_drill"
        )


def test_a_temporary_register_keeps_no_target_from_its_workload(thief: None):
    attempt("CREATE TEMP TABLE workloads_workload AS SELECT * FROM public.workloads_workload")
    attempt("UPDATE workloads_classification SET review_due_on = '2031-01-01' WHERE state = 'signed_off'")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.workloads_workload WHERE review_on = '2031-01-01'")
        assert cursor.fetchone()[0] == 1
