"""A machine token ends with the right of whoever issued it."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Event
from people import machine_tokens, services
from people.models import ApiToken
from people.permissions import IT_OPERATIONS
from tests.cast import PASSWORD, give

PEOPLE = "/api/v1/people/"


def issue(by, *, machine=True, name="probe"):
    return services.issue_token(by=by, at=timezone.now(), name=name, scope="write", days=9, machine=machine)


def call(key):
    return Client().get(PEOPLE, headers={"Authorization": f"Bearer {key}"})


def lose_role(person):
    """Her role ended yesterday."""
    held = person.held_roles.get()
    held.until_on = timezone.now().date() - dt.timedelta(days=2)
    held.save()


def lose_right(person):
    """The rights of her role were edited."""
    role = person.held_roles.get().role
    role.rights = [right for right in role.rights if right != "people.issue_machine_token"]
    role.save()


@pytest.mark.parametrize("lose", [lose_role, lose_right])
def test_it_is_refused_once_the_right_is_gone(cast, lose):
    token, key = issue(cast.platform)
    assert call(key).status_code == 200
    lose(cast.platform)
    for _ in range(2):
        answer = call(key)
        assert answer.status_code == 401
        assert "may no longer issue" in answer.json()["detail"]
    (line,) = Event.objects.filter(kind="token.ended")
    assert (line.subject_name, line.after["name"]) == ("probe", "probe")
    token.refresh_from_db()
    assert token.expires_at <= timezone.now()


def test_it_does_not_come_back_with_the_right(cast):
    _, key = issue(cast.platform)
    lose_role(cast.platform)
    assert call(key).status_code == 401
    give(IT_OPERATIONS, cast.platform)
    assert call(key).status_code == 401


def test_it_ends_without_being_used(cast):
    """Taken and given back between two uses: the sweep has ended it."""
    _, key = issue(cast.platform)
    issue(cast.head, machine=False, name="script")
    assert machine_tokens.end_lapsed(at=timezone.now()) == 0
    lose_role(cast.platform)
    assert machine_tokens.end_lapsed(at=timezone.now()) == 1
    assert machine_tokens.end_lapsed(at=timezone.now()) == 0
    give(IT_OPERATIONS, cast.platform)
    assert call(key).status_code == 401


def test_other_tokens_stay_with_their_person(cast):
    _, key = issue(cast.platform, machine=False)
    lose_right(cast.platform)
    assert call(key).status_code == 200


def test_who_is_deactivated_takes_the_token_along(cast):
    token, key = issue(cast.platform)
    services.deactivate_person(person=cast.platform, by=cast.head, at=timezone.now())
    assert call(key).status_code == 401
    assert ApiToken.objects.get(pk=token.pk).revoked_at is not None


def test_the_account_page_says_why_it_has_ended(cast, client):
    issue(cast.platform)
    lose_right(cast.platform)
    client.login(email=cast.platform.email, password=PASSWORD)
    assert "may no longer issue" in client.get("/people/me/").content.decode()
