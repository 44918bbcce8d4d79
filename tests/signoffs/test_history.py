"""What was signed stays as it was signed, whoever asks the database."""

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from tests.signoffs.conftest import sign

FROZEN = (
    "subject_type", "subject_id", "workload_id", "thread", "title", "document", "text", "digest", "previous_id",
    "requested_at", "requested_by_id", "due_on", "four_eyes",
)  # fmt: skip


def refused(statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def signed(cast, sent):
    return sign(sent, cast.stakeholder)


@pytest.mark.parametrize("table", ["signoffs_signature", "signoffs_slot"])
@pytest.mark.parametrize("verb", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET meaning = 'Something else.'"])
def test_signatures_and_what_was_asked_only_grow(signed, table, verb):
    refused(verb.format(table))


@pytest.mark.parametrize(
    "change",
    [
        "printed_name = 'X'", "printed_role = 'X'", "signed_at = now()", "method = 'passkey'", "digest = repeat('0', 64)",
        "signer_id = (SELECT max(id) FROM people_user)",
    ],
)  # fmt: skip
def test_no_column_of_a_signature_changes(signed, change):
    refused(f"UPDATE signoffs_signature SET {change}")


CHANGES = {
    "document": "'{}'::jsonb", "subject_id": "0", "workload_id": "NULL", "previous_id": "id", "requested_at": "now()",
    "requested_by_id": "(SELECT min(id) FROM people_user)", "due_on": "NULL", "four_eyes": "false",
}  # fmt: skip


@pytest.mark.parametrize("column", FROZEN)
def test_no_column_of_the_frozen_document_changes(signed, column):
    refused(f"UPDATE signoffs_request SET {column} = {CHANGES.get(column, repr('x'))}")


def test_a_request_is_never_deleted(signed):
    refused("DELETE FROM signoffs_request")
    refused("TRUNCATE signoffs_request CASCADE")


def test_a_rejected_request_without_a_reason_cannot_be_stored(sent):
    refused("UPDATE signoffs_request SET state = 'rejected', closed_at = now(), closed_by_id = requested_by_id")


def test_a_closed_request_has_a_time_and_a_person(sent):
    refused("UPDATE signoffs_request SET state = 'withdrawn'")
