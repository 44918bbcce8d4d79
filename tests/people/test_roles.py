"""Giving roles and ending them; what they allow, from midnight to midnight."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission as ModelPermission

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from people import services
from people.models import Role, RoleAssignment, User, organisation_today
from people.permissions import (
    AUDITOR,
    BUSINESS_STAKEHOLDER,
    COMMUNICATION_LEAD,
    CONTINUITY_PLANNER,
    HEAD_OF_OPERATIONS,
    PER_WORKLOAD,
    WORKLOAD_OWNER,
    Permission,
)
from people.queries import acts_in_role, people_in_role, posts, vacancies
from tests.cast import NOW, give, person
from tests.past import rewriting_history
from workloads.models import WorkloadUserObjectPermission
from workloads.rights import settle_rights

TODAY = organisation_today(NOW)
DAY = dt.timedelta(days=1)


def assign(by, role=AUDITOR, **values):
    given = {"person": None, "deputy": None, "from_on": TODAY}
    return services.assign_role(by=by, at=NOW, role=Role.objects.get(pk=role), **(given | values))


def test_a_role_is_given_and_told(cast):
    assign(cast.head, person=cast.stranger, deputy=cast.owner, until_on=TODAY + 9 * DAY)
    line = Event.objects.get(kind="role.assigned")
    assert (line.thread, line.after["person"], line.after["deputy"]) == ("role:auditor", "Sten Fremd", "Tomas Reyes")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "person"),
        ({"person": "owner", "deputy": "owner"}, "deputy"),
        ({"person": "owner", "until_on": TODAY - DAY}, "until_on"),
    ],
)
def test_what_makes_no_sense_is_refused(cast, values, field):
    named = {key: getattr(cast, value) if isinstance(value, str) else value for key, value in values.items()}
    with pytest.raises(Invalid) as refused:
        assign(cast.head, **named)
    assert field in refused.value.fields


def test_who_cannot_sign_in_gets_no_role(cast):
    gone = person("Gone Girl", is_active=False)
    with pytest.raises(Invalid):
        assign(cast.head, person=gone)


@pytest.mark.parametrize("role", [AUDITOR, BUSINESS_STAKEHOLDER, COMMUNICATION_LEAD])
@pytest.mark.parametrize("place", ["person", "deputy"])
def test_nobody_gives_a_role_to_themselves(cast, role, place):
    with pytest.raises(NotAllowed, match="Let a colleague"):
        assign(cast.head, role, **{place: cast.head})


@pytest.mark.parametrize(
    ("days", "reason", "refused"),
    [
        (0, "", ""),
        (-1, "", "reason"),
        (-1, "She acted.", ""),
        (-2, "She acted.", "from_on"),
        (-2000, "", "from_on"),
    ],
)
def test_a_role_begins_today_or_yesterday_with_a_reason(cast, days, reason, refused):
    values = {"person": cast.stranger, "from_on": TODAY + days * DAY, "reason": reason}
    if not refused:
        assert assign(cast.head, **values).from_on == TODAY + days * DAY
        return
    with pytest.raises(Invalid) as problem:
        assign(cast.head, **values)
    assert list(problem.value.fields) == [refused]


def test_the_same_role_person_and_day_twice_is_one_row(cast):
    first, again = (assign(cast.head, person=cast.stranger) for _ in range(2))
    assert first == again
    assert Event.objects.filter(kind="role.assigned").count() == 1
    with pytest.raises(Invalid, match="from that day already"):
        assign(cast.head, person=cast.stranger, deputy=cast.owner)


def test_a_role_given_by_mistake_today_ends_at_once(cast):
    held = assign(cast.head, COMMUNICATION_LEAD, person=cast.stranger)
    services.end_role(assignment=held, by=cast.head, at=NOW, last_day=TODAY - DAY)
    assert not people_in_role(COMMUNICATION_LEAD, workload_id=None, on=TODAY)
    with pytest.raises(WrongState, match="came to nothing"):
        services.end_role(assignment=held, by=cast.head, at=NOW, last_day=TODAY)
    assert assign(cast.head, COMMUNICATION_LEAD, person=cast.stranger) != held


@pytest.mark.parametrize("who", ["platform", "sponsor", "auditor", "owner", "stranger"])
def test_who_has_not_the_right_gives_and_ends_none(cast, who):
    held = RoleAssignment.objects.filter(role=AUDITOR).get()
    with pytest.raises(NotAllowed):
        assign(getattr(cast, who), person=cast.stranger)
    with pytest.raises(NotAllowed):
        services.end_role(assignment=held, by=getattr(cast, who), at=NOW, last_day=TODAY)


def test_a_role_holds_from_its_first_to_its_last_day(cast):
    held = assign(cast.head, COMMUNICATION_LEAD, person=cast.stranger, from_on=TODAY + DAY, until_on=TODAY + 3 * DAY)
    days = [acts_in_role(cast.stranger, COMMUNICATION_LEAD, workload_id=None, on=TODAY + n * DAY) for n in range(5)]
    assert days == [False, True, True, True, False]
    assert held.until_on == TODAY + 3 * DAY


def test_days_change_at_midnight_of_the_organisation(settings):
    settings.ORGANISATION_TIME_ZONE = "Europe/Oslo"
    assert organisation_today(dt.datetime(2026, 11, 20, 22, 59, 59, tzinfo=dt.UTC)) == dt.date(2026, 11, 20)
    assert organisation_today(dt.datetime(2026, 11, 20, 23, 0, tzinfo=dt.UTC)) == dt.date(2026, 11, 21)
    settings.ORGANISATION_TIME_ZONE = "Pacific/Auckland"
    assert organisation_today(dt.datetime(2026, 11, 20, 11, 0, tzinfo=dt.UTC)) == dt.date(2026, 11, 21)


def test_a_role_ends_after_its_last_day_and_the_past_stays(cast):
    held = RoleAssignment.objects.get(role=AUDITOR)
    with pytest.raises(Invalid, match="past"):
        services.end_role(assignment=held, by=cast.head, at=NOW, last_day=TODAY - 2 * DAY)
    with pytest.raises(Invalid, match="began"):
        services.end_role(assignment=held, by=cast.head, at=NOW, last_day=dt.date(2020, 1, 1))
    services.end_role(assignment=held, by=cast.head, at=NOW, last_day=TODAY - DAY)
    assert not people_in_role(AUDITOR, workload_id=None, on=TODAY)
    assert people_in_role(AUDITOR, workload_id=None, on=TODAY - DAY) == [cast.auditor]
    with pytest.raises(WrongState, match="ended"):
        services.end_role(assignment=held, by=cast.head, at=NOW, last_day=TODAY)
    assert Event.objects.get(kind="role.ended").after == {"until": (TODAY - DAY).isoformat()}


def test_deputies_have_the_rights_of_the_role(cast):
    give(AUDITOR, None, deputy=cast.stranger)
    assert User.objects.get(pk=cast.stranger.pk).may(Permission.VIEW_TRAIL)


def test_rights_are_asked_once_for_a_person_and_request(cast, django_assert_num_queries):
    user = User.objects.get(pk=cast.head.pk)
    with django_assert_num_queries(1):
        assert user.has_perm(Permission.ADD_PEOPLE)
        assert not user.has_perm(Permission.ISSUE_MACHINE_TOKENS)
        assert all(user.has_perm(right) for right in Permission if right != Permission.ISSUE_MACHINE_TOKENS)


def test_every_right_of_a_role_is_a_permission_that_exists(db):
    known = {f"{p.content_type.app_label}.{p.codename}" for p in ModelPermission.objects.select_related("content_type")}
    assert set(Permission.values) <= known


def test_a_role_for_one_workload_gives_its_rights_there_and_nowhere_else(cast):
    rows = WorkloadUserObjectPermission.objects.filter(user=cast.stakeholder)
    assert {f"workloads.{row.permission.codename}" for row in rows} == {
        Permission.VIEW_WORKLOADS,
        Permission.REVIEW,
        Permission.ANSWER_IMPACT,
    }
    assert {row.content_object_id for row in rows} == {cast.workload.pk}
    user = User.objects.get(pk=cast.stakeholder.pk)
    assert user.may(Permission.REVIEW, on=cast.workload)
    assert not user.may(Permission.REVIEW)


def test_settling_follows_beginnings_and_ends_and_settles_once(cast):
    with rewriting_history():
        RoleAssignment.objects.filter(workload_id__isnull=False).update(until_on=TODAY)
    assert settle_rights(at=NOW) == (0, 0)
    added, gone = settle_rights(at=NOW + DAY)
    assert (added, gone > 0) == (0, True)
    assert not WorkloadUserObjectPermission.objects.exists()
    assert settle_rights(at=NOW + DAY) == (0, 0)


def test_rights_beyond_one_workload_never_become_rows(cast):
    give(HEAD_OF_OPERATIONS, cast.stranger, workload=cast.workload)
    rows = WorkloadUserObjectPermission.objects.filter(user=cast.stranger)
    assert {f"workloads.{row.permission.codename}" for row in rows} <= {
        *PER_WORKLOAD,
        Permission.ADD_WORKLOADS,
        Permission.OPEN_CAMPAIGNS,
    }
    assert not User.objects.get(pk=cast.stranger.pk).may(Permission.ADD_PEOPLE)


def test_gaps_are_said_in_words(cast):
    give(COMMUNICATION_LEAD, None, deputy=cast.owner)
    missing = {role.pk: words for role, words in vacancies(on=TODAY)}
    assert missing[COMMUNICATION_LEAD] == "deputy acting"
    assert missing[CONTINUITY_PLANNER] == "vacant"
    assert missing[HEAD_OF_OPERATIONS] == "no deputy"
    assert BUSINESS_STAKEHOLDER not in missing
    assert WORKLOAD_OWNER not in missing
    User.objects.filter(pk=cast.auditor.pk).update(is_active=False)
    assert (Role.objects.get(pk=AUDITOR), "vacant") in vacancies(on=TODAY)


def test_posts_know_who_comes_and_for_how_many_workloads_a_role_is_held(cast):
    assign(cast.head, CONTINUITY_PLANNER, person=cast.stranger, from_on=TODAY + DAY)
    found = {post.role.pk: post for post in posts(on=TODAY)}
    assert [a.person for a in found[CONTINUITY_PLANNER].coming] == [cast.stranger]
    assert found[BUSINESS_STAKEHOLDER].workloads == 1
