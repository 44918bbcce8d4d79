"""The pages of people: what each person sees, and what their forms do."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from people import services
from people.models import ApiToken, Role, RoleAssignment, Team, User, organisation_today
from people.permissions import AUDITOR, CONTINUITY_PLANNER
from people.urls import urlpatterns
from tests.cast import NOW, PASSWORD, propose
from tests.past import rewriting_history
from tests.people.conftest import signed_in
from workloads import services as workloads


def page(name, *args):
    return reverse(f"people:{name}", args=args)


def html(user, address):
    answer = signed_in(user).get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_list_is_searched_and_filtered(cast):
    assert "Tomas Reyes" in html(cast.auditor, page("list"))
    found = html(cast.auditor, page("list") + "?q=maren%20holt")
    assert "Maren Holt" in found
    assert "Tomas Reyes" not in found
    assert "Tomas Reyes" in html(cast.auditor, page("list") + f"?team={cast.team.pk}")
    assert "Tomas Reyes" not in html(cast.auditor, page("list") + f"?role={AUDITOR}")
    assert "Nobody fits" in html(cast.auditor, page("list") + "?q=zzz")


@pytest.mark.parametrize(
    "query", ["?q=%00", "?team=x", "?role=%00", "?page=999", "?page=-1", "?gone=on", "?team=999999999999999999999"]
)
def test_no_question_breaks_the_list(cast, query):
    assert signed_in(cast.auditor).get(page("list") + query).status_code == 200
    assert signed_in(cast.auditor).get(page("contacts") + query).status_code == 200


def test_buttons_are_for_who_may(cast):
    for address in (page("list"), page("roles"), page("teams"), page("contacts"), page("person", cast.owner.pk)):
        shown = html(cast.auditor, address)
        assert all(word not in shown for word in ("/add/", "/change/", "/assign/", "/end/", "/deactivate/", "/invite/"))
    assert "/people/add/" in html(cast.head, page("list"))
    assert "/assign/" in html(cast.head, page("roles"))
    assert "/assign/" not in html(cast.platform, page("roles"))


def test_of_role_holders_elsewhere_only_the_name_is_shown(cast):
    with rewriting_history():
        RoleAssignment.objects.filter(person=cast.owner).delete()  # he holds none here
    shown = html(cast.stranger, page("person", cast.head.pk))
    assert "Maren Holt" in shown
    assert cast.head.email not in shown
    assert cast.head.email not in html(cast.stranger, page("list"))
    assert signed_in(cast.stranger).get(page("person", cast.owner.pk)).status_code == 404
    assert signed_in(cast.stranger).get(page("contacts")).status_code == 404
    assert "Payments" not in html(cast.stranger, page("list")) + html(cast.stranger, page("teams"))


def test_roles_read_as_job_descriptions_with_their_gaps(cast):
    services.assign_role(
        by=cast.head, at=timezone.now(), role=RoleAssignment.objects.get(role=AUDITOR).role, person=None,
        deputy=cast.owner, from_on=organisation_today(timezone.now()),
    )  # fmt: skip
    shown = html(cast.stranger, page("roles"))
    for words in (
        "Reads everything, changes nothing.",
        "Read the whole trail",
        "vacant",
        "no deputy",
        "Samuel Adeyemi",
    ):
        assert words in shown
    assert "1 workload today" in shown


def test_a_role_is_given_and_ended_on_its_pages(cast):
    client = signed_in(cast.head)
    data = {"person": cast.owner.pk, "deputy": "", "from_on": timezone.localdate(), "until_on": ""}
    assert client.post(page("assign", "communication-lead"), data)["Location"] == page("roles")
    held = RoleAssignment.objects.get(role="communication-lead")
    assert held.person == cast.owner
    assert client.post(page("end-role", held.pk), {"last_day": "2020-01-01"}).status_code == 422
    assert client.post(page("end-role", held.pk), {"last_day": timezone.localdate().isoformat()}).status_code == 302
    held.refresh_from_db()
    assert held.until_on == timezone.localdate()


def test_a_form_that_does_not_fit_keeps_what_was_written(cast):
    answer = signed_in(cast.head).post(page("assign", AUDITOR), {"person": "", "deputy": "", "from_on": "2026-01-01"})
    assert answer.status_code == 422
    assert "Choose a person, a deputy, or both." in answer.content.decode()
    answer = signed_in(cast.head).post(page("add"), {"email": cast.owner.email, "name": "Twice", "time_zone": "UTC"})
    assert answer.status_code == 422
    assert 'value="Twice"' in answer.content.decode()


def test_a_role_for_one_workload_is_not_ended_here(cast):
    held = RoleAssignment.objects.get(person=cast.stakeholder)
    assert signed_in(cast.head).get(page("end-role", held.pk)).status_code == 404


def test_teams_and_contacts_are_added_and_changed(cast):
    client = signed_in(cast.head)
    assert (
        client.post(page("add-team"), {"name": "Claims", "purpose": "", "members": [cast.owner.pk]}).status_code == 302
    )
    team = Team.objects.get(name="Claims")
    assert list(team.members.all()) == [cast.owner]
    assert client.post(page("change-team", team.pk), {"name": "Payments"}).status_code == 422
    assert client.post(page("change-team", team.pk), {"name": "Claims", "members": []}).status_code == 302
    assert not team.members.exists()
    data = {"name": "Duty line", "organisation": "Fjord", "kind": "vendor", "phone": "+47 1"}
    assert client.post(page("add-contact"), data).status_code == 302
    assert client.post(page("add-contact"), data).status_code == 422
    assert "Fjord" in html(cast.auditor, page("contacts"))


def test_deactivating_says_what_goes_with_it_and_asks_first(cast):
    services.issue_token(by=cast.stakeholder, at=timezone.now(), name="x", scope="read", days=1)
    client = signed_in(cast.head)
    shown = client.get(page("deactivate", cast.stakeholder.pk)).content.decode()
    assert "1 API token ends" in shown
    assert "Business stakeholder" in shown
    assert User.objects.get(pk=cast.stakeholder.pk).is_active
    client.post(page("deactivate", cast.stakeholder.pk))
    assert not User.objects.get(pk=cast.stakeholder.pk).is_active


def test_reactivating_says_what_comes_back_and_asks_first(cast):
    client, address = signed_in(cast.head), page("reactivate", cast.stakeholder.pk)
    assert "/reactivate/" not in client.get(page("person", cast.stakeholder.pk)).text
    assert client.get(address).url == page("person", cast.stakeholder.pk)  # she can sign in already
    services.deactivate_person(person=cast.stakeholder, by=cast.head, at=NOW)
    assert address in client.get(page("person", cast.stakeholder.pk)).text
    assert "<li>Business stakeholder of 1 workload</li>" in client.get(address).text
    assert not User.objects.get(pk=cast.stakeholder.pk).is_active
    assert "can sign in again" in client.post(address, follow=True).text
    assert User.objects.get(pk=cast.stakeholder.pk).is_active
    assert address not in html(cast.auditor, page("person", cast.stakeholder.pk))


def test_preferences_change_look_messages_and_zone(cast):
    client = signed_in(cast.owner)
    client.post(page("set-preferences"), {"theme": "dark", "mailing": "daily", "time_zone": "Europe/London"})
    shown = client.get(page("account")).content.decode()
    assert 'data-bs-theme="dark"' in shown
    assert "always come at once" in shown
    owner = User.objects.get(pk=cast.owner.pk)
    assert (owner.theme, owner.mailing, owner.time_zone) == ("dark", "daily", "Europe/London")
    client.post(page("set-preferences"), {"theme": "system", "mailing": "at-once", "time_zone": "UTC"})
    assert User.objects.get(pk=cast.owner.pk).theme == ""
    answer = client.post(page("set-preferences"), {"theme": "pink", "mailing": "never", "time_zone": "Mars"})
    assert answer.status_code == 422


def test_a_token_is_shown_once_and_only_after_a_proof(cast):
    client = signed_in(cast.owner)
    data = {"name": "export", "scope": "read", "days": 30}
    assert client.post(page("issue-token"), data)["Location"].startswith(reverse("account_reauthenticate"))
    assert not ApiToken.objects.exists()
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": page("account")})
    answer = client.post(page("issue-token"), data)
    key = answer.context["key"]
    assert key in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert key not in client.get(page("account")).content.decode()
    assert client.post(page("issue-token"), data).status_code == 422
    assert 'name="machine"' not in client.get(page("issue-token")).content.decode()
    client.post(page("revoke-token", ApiToken.objects.get().pk))
    assert ApiToken.objects.get().revoked_at


def test_tokens_of_others_are_not_revoked_here(cast):
    token, _ = services.issue_token(by=cast.head, at=timezone.now(), name="x", scope="read", days=1)
    assert signed_in(cast.owner).post(page("revoke-token", token.pk)).status_code == 404


OWN_DEEDS = {
    "people:set-preferences", "people:issue-token", "people:revoke-token", "people:prove", "people:prove-at-provider",
}  # fmt: skip
DEEDS = [
    ("people:add", []), ("people:change", ["owner"]), ("people:deactivate", ["owner"]), ("people:invite", ["owner"]),
    ("people:reactivate", ["owner"]), ("people:hand-over", ["owner"]),
    ("people:confirm", ["waiting"]), ("people:refuse", ["waiting"]), ("people:withdraw-confirmation", ["waiting"]),
    ("people:assign", [AUDITOR]), ("people:end-role", ["held"]), ("people:add-contact", []),
    ("people:change-contact", ["contact"]), ("people:add-team", []), ("people:change-team", ["team"]),
    ("signoffs:sign", ["sent"]), ("signoffs:reject", ["sent"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "about"), DEEDS, ids=[name for name, _ in DEEDS])
def test_the_auditor_reads_everything_and_changes_nothing(cast, name, about):
    contact = services.add_contact(by=cast.head, at=NOW, name="X", kind="vendor", phone="1")
    sent = workloads.send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    planner = services.assign_role(
        by=cast.head, at=NOW, role=Role.objects.get(pk=CONTINUITY_PLANNER), person=cast.stranger, deputy=None,
        from_on=organisation_today(NOW),
    )  # fmt: skip
    known = {
        "waiting": planner.confirmation_id,
        "owner": cast.owner.pk, "held": RoleAssignment.objects.get(role=AUDITOR).pk, "contact": contact.pk,
        "team": cast.team.pk, "sent": sent.pk,
    }  # fmt: skip
    address = reverse(name, args=[known.get(what, what) for what in about])
    everything = {
        "name": "N", "email": "n@example.org", "time_zone": "UTC", "kind": "vendor", "phone": "2", "last_day": "2030-01-01",
        "person": cast.auditor.pk, "from_on": "2026-01-01", "digest": sent.digest, "password": PASSWORD, "reason": "R",
    }  # fmt: skip
    client, before = signed_in(cast.auditor), Event.objects.count()
    assert client.post(address, everything).status_code in (403, 404)
    assert Event.objects.count() == before


def test_every_deed_of_people_is_in_the_table_above():
    reading = {"list", "person", "roles", "contacts", "teams", "account", "confirmations", "confirmation"} | {
        "export", "export-contacts", "export-teams", "export-roles",
    }  # fmt: skip
    deeds = {f"people:{p.name}" for p in urlpatterns if p.name not in reading}
    assert deeds == {name for name, _ in DEEDS if name.startswith("people:")} | OWN_DEEDS


@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/people/me/", "/people/", "/signoffs/", "/nothing/here/", "/admin/login/"]
)
def test_every_page_has_the_strict_policy(cast, address):
    for client in (Client(), signed_in(cast.head)):
        policy = client.get(address).headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


def test_pages_cost_the_same_for_one_and_for_many(cast, django_assert_max_num_queries):
    for n in range(30):
        services.add_person(by=cast.head, at=NOW, email=f"p{n}@example.org", name=f"P {n}", teams=(cast.team,))
    client = signed_in(cast.head)
    for address in (page("list"), page("teams"), page("roles")):
        with django_assert_max_num_queries(22):
            client.get(address)
