"""The admin of people and roles: who may, what the trail says, and what cannot be seen or done there."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from audit.kinds import Kind
from audit.models import Event
from people.models import ApiToken, Contact, Role, RoleAssignment, Team, User
from people.services import issue_token
from tests.cast import show_it_is_me

ADMIN = "/admin/people/"


def person(name: str, role: str = "", *, staff: bool = False) -> User:
    user = User.objects.create_user(f"{name.split()[0].lower()}@example.org", "x" * 20, name=name, is_staff=staff)
    if role:
        RoleAssignment.objects.create(role=Role.objects.get(pk=role), person=user, from_on=dt.date(2024, 1, 1))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def keeper(db) -> User:
    """May change reference data and people, and open the admin."""
    return person("Kari Holm", "it-operations", staff=True)


@pytest.fixture
def keeping(keeper: User) -> Client:
    client = signed_in(keeper)
    show_it_is_me(client)
    return client


def lines() -> list[tuple[str, str, dict[str, object], dict[str, object]]]:
    return [(e.kind, e.subject_name, e.before, e.after) for e in Event.objects.order_by("id")]


ROLE = {"name": "Auditor", "duties": "Reads.", "position": "9", "rights": ["audit.view_event"]}


def role_form(**changes: object) -> dict[str, object]:
    role = Role.objects.get(pk="auditor")
    form = {"name": role.name, "duties": role.duties, "position": role.position, "rights": ",".join(role.rights)}
    return {**form, **changes}


def test_a_change_of_a_role_leaves_one_line_with_before_and_after(keeping: Client, keeper: User):
    was = Role.objects.get(pk="auditor").duties
    answer = keeping.post(f"{ADMIN}role/auditor/change/", role_form(duties="Reads everything."))
    assert answer.status_code == 302
    assert lines() == [(Kind.REFERENCE_CHANGED, "Auditor", {"duties": was}, {"duties": "Reads everything."})]
    event = Event.objects.get()
    assert (event.actor_id, event.door, event.subject_id) == (keeper.pk, "admin", "auditor")


def test_saving_without_a_change_leaves_no_line(keeping: Client):
    assert keeping.post(f"{ADMIN}role/auditor/change/", role_form()).status_code == 302
    assert lines() == []


def test_a_line_that_fails_takes_the_change_with_it(keeping: Client, monkeypatch: pytest.MonkeyPatch):
    def fails(*args: object, **more: object) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr("people.reference_admin.record", fails)
    with pytest.raises(RuntimeError):
        keeping.post(f"{ADMIN}role/auditor/change/", role_form(name="Something else"))
    assert Role.objects.get(pk="auditor").name == "Auditor"


def test_roles_are_neither_added_nor_deleted(keeping: Client):
    assert keeping.get(f"{ADMIN}role/add/").status_code == 403
    assert keeping.post(f"{ADMIN}role/auditor/delete/", {"post": "yes"}).status_code == 403
    assert Role.objects.filter(pk="auditor").exists()


def test_teams_and_contacts_are_added_changed_and_deleted_with_a_line_each(keeping: Client):
    keeping.post(f"{ADMIN}team/add/", {"name": "Payments", "purpose": ""})
    team = Team.objects.get()
    keeping.post(f"{ADMIN}team/{team.pk}/change/", {"name": "Settlements", "purpose": ""})
    keeping.post(f"{ADMIN}team/{team.pk}/delete/", {"post": "yes"})
    keeping.post(
        f"{ADMIN}contact/add/", {"name": "Duty officer", "organisation": "", "kind": "regulator", "phone": "112"}
    )
    assert not Team.objects.exists()
    assert Contact.objects.count() == 1
    assert lines()[:3] == [
        (Kind.TEAM_ADDED, "Payments", {}, {"name": "Payments", "purpose": ""}),
        (Kind.TEAM_CHANGED, "Settlements", {"name": "Payments"}, {"name": "Settlements"}),
        (Kind.TEAM_CHANGED, "Settlements", {"name": "Settlements", "purpose": ""}, {"deleted": True}),
    ]
    assert lines()[3][0] == Kind.CONTACT_ADDED


def test_several_deleted_at_once_leave_a_line_each(keeping: Client):
    teams = [Team.objects.create(name=name).pk for name in ("A", "B")]
    form = {"action": "delete_selected", "_selected_action": teams, "post": "yes"}
    assert keeping.post(f"{ADMIN}team/", form).status_code == 302
    assert not Team.objects.exists()
    assert sorted(line[1] for line in lines()) == ["A", "B"]


def test_a_person_is_added_by_e_mail_and_name_and_cannot_sign_in_yet(keeping: Client):
    keeping.post(f"{ADMIN}user/add/", {"email": "Eva@Example.org", "name": "Eva Moe"})
    eva = User.objects.get(name="Eva Moe")
    assert eva.email == "eva@example.org"
    assert not eva.has_usable_password()
    assert [line[:2] for line in lines()] == [(Kind.PERSON_ADDED, "Eva Moe")]
    assert "password" not in lines()[0][3]
    answer = keeping.post(f"{ADMIN}user/add/", {"email": "EVA@example.org", "name": "Another Eva"})
    assert answer.status_code == 200
    assert User.objects.filter(email__iexact="eva@example.org").count() == 1


def user_form(**changes: str) -> dict[str, str]:
    return {"name": "Eva Moe", "title": "", "phone": "", "time_zone": "Europe/Oslo", "is_active": "on", **changes}


def test_a_change_of_a_person_leaves_a_line_and_her_e_mail_alone(keeping: Client):
    eva, team = person("Eva Moe"), Team.objects.create(name="Payments")
    form = user_form(title="Planner", email="mallory@example.org", password="x", is_superuser="on", teams=str(team.pk))
    assert keeping.post(f"{ADMIN}user/{eva.pk}/change/", form).status_code == 302
    eva.refresh_from_db()
    assert (eva.email, eva.title, eva.is_superuser) == ("eva@example.org", "Planner", False)
    assert eva.check_password("x" * 20)
    after = {"title": "Planner", "teams": ["Payments"]}
    assert lines() == [(Kind.PERSON_CHANGED, "Eva Moe", {"title": "", "teams": []}, after)]


def test_a_person_who_is_deactivated_loses_her_tokens_and_leaves_one_line_for_it(keeping: Client):
    eva = person("Eva Moe")
    issue_token(by=eva, at=timezone.now(), name="Script", scope="read", days=1)
    form = user_form()
    del form["is_active"]
    assert keeping.post(f"{ADMIN}user/{eva.pk}/change/", form).status_code == 302
    eva.refresh_from_db()
    assert not eva.is_active
    assert ApiToken.objects.get().revoked_at is not None
    assert [line[0] for line in lines()] == [Kind.TOKEN_ISSUED, Kind.TOKEN_REVOKED, Kind.PERSON_DEACTIVATED]


def test_a_person_who_is_reactivated_leaves_one_line_for_it(keeping: Client):
    eva = person("Eva Moe")
    User.objects.get_queryset().filter(pk=eva.pk).update(is_active=False)
    assert keeping.post(f"{ADMIN}user/{eva.pk}/change/", user_form()).status_code == 302
    eva.refresh_from_db()
    assert eva.is_active
    assert [line[0] for line in lines()] == [Kind.PERSON_REACTIVATED]


def test_nobody_locks_himself_out(keeping: Client, keeper: User):
    form = user_form(name=keeper.name, is_staff="on")
    del form["is_active"]
    keeping.post(f"{ADMIN}user/{keeper.pk}/change/", form)
    keeper.refresh_from_db()
    assert keeper.is_active
    assert lines() == []


def test_people_are_never_deleted(keeping: Client):
    eva = person("Eva Moe")
    assert keeping.post(f"{ADMIN}user/{eva.pk}/delete/", {"post": "yes"}).status_code == 403
    assert b"delete_selected" not in keeping.get(f"{ADMIN}user/").content


def test_no_page_shows_a_password_hash_or_a_digest(keeping: Client):
    eva = person("Eva Moe")
    token, key = issue_token(by=eva, at=timezone.now(), name="Script", scope="read", days=1)
    shown = keeping.get(f"{ADMIN}user/{eva.pk}/change/").content.decode()
    shown += keeping.get(f"{ADMIN}apitoken/{token.pk}/change/").content.decode()
    shown += keeping.get(f"{ADMIN}apitoken/").content.decode()
    assert token.prefix in shown
    for secret in (eva.password, token.digest, key):
        assert secret not in shown


@pytest.mark.parametrize("model", ["roleassignment", "apitoken"])
def test_records_are_only_shown(keeping: Client, keeper: User, model: str):
    issue_token(by=keeper, at=timezone.now(), name="Script", scope="read", days=1)
    row = {"roleassignment": RoleAssignment, "apitoken": ApiToken}[model]._base_manager.get()
    assert keeping.get(f"{ADMIN}{model}/{row.pk}/change/").status_code == 200
    for deed in ("add", f"{row.pk}/delete"):
        assert keeping.post(f"{ADMIN}{model}/{deed}/", {"post": "yes"}).status_code == 403
    assert keeping.post(f"{ADMIN}{model}/{row.pk}/change/", {"name": "x"}).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("model", ["event", "seal"])
def test_the_trail_is_only_shown_even_to_a_superuser(model: str):
    root = User.objects.create_superuser("root@example.org", "x" * 20, name="Root")
    client = signed_in(root)
    client.post(f"{ADMIN}team/add/", {"name": "Payments", "purpose": ""})
    event = Event.objects.get()
    assert client.get(f"/admin/audit/{model}/").status_code == 200
    assert client.post(f"/admin/audit/{model}/add/", {}).status_code == 403
    if model == "event":
        shown = client.get("/admin/audit/event/").content.decode()
        assert f"{event.at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f}" in shown
        assert "not sealed yet" in shown
        assert client.get(f"/admin/audit/event/{event.pk}/change/").status_code == 200
        assert client.post(f"/admin/audit/event/{event.pk}/change/", {"actor_name": "x"}).status_code == 403
        assert client.post(f"/admin/audit/event/{event.pk}/delete/", {"post": "yes"}).status_code == 403


PAGES = [
    "role/",
    "role/auditor/change/",
    "team/",
    "team/add/",
    "contact/",
    "user/",
    "user/add/",
    "roleassignment/",
    "apitoken/",
]


@pytest.mark.parametrize("page", PAGES)
def test_staff_without_the_right_see_nothing_of_it(db, page: str):
    assert signed_in(person("Stig Lie", staff=True)).get(f"{ADMIN}{page}").status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_the_right_without_staff_does_not_open_the_admin(db, page: str):
    assert signed_in(person("Stig Lie", "it-operations")).get(f"{ADMIN}{page}").status_code in (302, 403, 404)


@pytest.mark.parametrize("page", ["", "people/user/", "login/"])
def test_the_admin_has_no_door_of_its_own(client: Client, db, page: str):
    answer = client.get(f"/admin/{page}", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")
    assert client.post("/admin/login/", {"username": "kari@example.org", "password": "x" * 20}).status_code == 302
    assert "_auth_user_id" not in client.session


def test_passwords_are_changed_at_one_door(keeping: Client):
    assert keeping.get("/admin/password_change/").headers["Location"] == "/accounts/password/change/"


def test_no_library_page_changes_what_the_trail_would_not_see():
    rooms = {"audit", "people", "signoffs", "communications", "workloads", "drills"}
    assert {model._meta.app_label for model in admin.site._registry} <= rooms


@pytest.mark.parametrize(
    "page", ["", "people/role/", "people/role/auditor/change/", "people/user/", "people/user/add/"]
)
def test_admin_pages_keep_to_the_strict_content_security_policy(keeping: Client, page: str):
    answer = keeping.get(f"/admin/{page}")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    text = answer.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", text)
    assert not re.search(r"<style|\sstyle=|\son\w+=", text)
