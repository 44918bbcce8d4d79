"""Keys for programs."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from people import services
from people.models import ApiToken
from people.services import use_token
from tests.cast import NOW

PEOPLE = "/api/v1/people/"


def issue(by, **values):
    return services.issue_token(
        **({"by": by, "at": timezone.now(), "name": "script", "scope": "read", "days": 9} | values)
    )


def call(key, method="get", path=PEOPLE, **body):
    options = {"content_type": "application/json"} if method != "get" else {}
    return getattr(Client(), method)(path, body or None, headers={"Authorization": f"Bearer {key}"}, **options)


def test_only_a_digest_is_stored_and_the_trail_never_sees_the_key(cast):
    token, key = issue(cast.head)
    stored = " ".join(str(value) for value in ApiToken.objects.filter(pk=token.pk).values_list()[0])
    assert key not in stored
    assert key[12:] not in stored
    assert key[12:] not in str(list(Event.objects.values()))
    assert len(token.digest) == 64


def test_a_read_token_reads_and_writes_nothing(cast):
    _, key = issue(cast.head)
    assert call(key).status_code == 200
    before = Event.objects.count()
    assert call(key, "post", email="x@example.org", name="X").status_code == 403
    assert Event.objects.count() == before


def test_a_write_token_does_what_its_person_may_do_and_no_more(cast):
    _, key = issue(cast.head, scope="write")
    assert call(key, "post", email="x@example.org", name="X").status_code == 201
    assert Event.objects.filter(kind="person.added").get().door == "api"
    _, poor = issue(cast.auditor, scope="write")
    assert call(poor, "post", email="y@example.org", name="Y").status_code == 403


def test_a_token_ends_when_it_runs_out(cast):
    token, key = issue(cast.head, at=NOW, days=1)
    assert use_token(key=key, at=token.expires_at - dt.timedelta(seconds=1))
    assert use_token(key=key, at=token.expires_at) is None


def test_a_revoked_token_ends_at_once(cast):
    token, key = issue(cast.head)
    assert call(key).status_code == 200
    services.revoke_token(token=token, by=cast.head, at=timezone.now())
    answer = call(key)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    with pytest.raises(WrongState):
        services.revoke_token(token=token, by=cast.head, at=timezone.now())


def test_who_looks_after_people_may_revoke_and_others_may_not(cast):
    token, _ = issue(cast.owner)
    with pytest.raises(NotAllowed):
        services.revoke_token(token=token, by=cast.auditor, at=timezone.now())
    services.revoke_token(token=token, by=cast.platform, at=timezone.now())
    assert Event.objects.get(kind="token.revoked").actor_name == "Jonas Lindqvist"


def test_the_last_use_is_noted_to_the_minute(cast):
    token, key = issue(cast.head, at=NOW)
    use_token(key=key, at=NOW + dt.timedelta(seconds=5))
    use_token(key=key, at=NOW + dt.timedelta(seconds=50))
    token.refresh_from_db()
    assert token.last_used_at == NOW + dt.timedelta(seconds=5)
    use_token(key=key, at=NOW + dt.timedelta(seconds=66))
    token.refresh_from_db()
    assert token.last_used_at == NOW + dt.timedelta(seconds=66)


@pytest.mark.parametrize(
    "key", ["", "drp_", "drp_" + "x" * 43, "nonsense", "drp_\x00" + "x" * 42, "drp_" + "é" * 43, "x" * 9999]
)
def test_a_key_that_is_none_is_refused(cast, key):
    issue(cast.head)
    assert use_token(key=key, at=NOW) is None


def test_a_key_with_one_letter_changed_is_refused(cast):
    _, key = issue(cast.head, at=NOW)
    assert use_token(key=key[:-1] + ("A" if key[-1] != "A" else "B"), at=NOW) is None


def test_machine_tokens_need_their_right(cast):
    with pytest.raises(NotAllowed):
        issue(cast.head, machine=True)
    token, _ = issue(cast.platform, machine=True)
    assert token.machine


@pytest.mark.parametrize("days", [0, -1, 367])
def test_no_token_lives_longer_than_a_year(cast, days):
    with pytest.raises(Invalid):
        issue(cast.head, days=days)


def test_names_of_live_tokens_are_unique_for_a_person(cast):
    token, _ = issue(cast.head)
    with pytest.raises(Invalid):
        issue(cast.head)
    assert issue(cast.owner)
    services.revoke_token(token=token, by=cast.head, at=timezone.now())
    assert issue(cast.head)


def test_a_token_opens_no_page(cast):
    _, key = issue(cast.head, scope="write")
    assert call(key, path="/people/").status_code == 302
