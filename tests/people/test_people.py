"""Deeds on people, teams and contacts."""

import pytest

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from people import services
from people.models import Contact, Team, User
from tests.cast import NOW, PASSWORD


def lines(kind):
    return Event.objects.filter(kind=kind)


def add(by, **values):
    return services.add_person(**({"by": by, "at": NOW, "email": "new@example.org", "name": "Nora New"} | values))


def test_a_new_person_has_no_password_and_is_in_the_trail(cast):
    person = add(cast.head, email=" New.One@Example.ORG ", teams=(cast.team,))
    assert person.email == "new.one@example.org"
    assert not person.has_usable_password()
    assert lines("person.added").get(subject_id=str(person.pk)).after["teams"] == ["Payments"]


def test_an_e_mail_is_here_once_however_it_is_written(cast):
    with pytest.raises(Invalid) as refused:
        add(cast.head, email=cast.owner.email.upper())
    assert "email" in refused.value.fields


@pytest.mark.parametrize("who", ["auditor", "sponsor", "owner", "stranger"])
def test_who_has_not_the_right_adds_changes_and_deactivates_nobody(cast, who):
    by = getattr(cast, who)
    deeds = [
        lambda: add(by),
        lambda: services.deactivate_person(person=cast.owner, by=by, at=NOW),
        lambda: services.reactivate_person(person=cast.owner, by=by, at=NOW),
        lambda: services.add_team(by=by, at=NOW, name="X"),
        lambda: services.change_team(team=cast.team, by=by, at=NOW, name="X", purpose="", members=[]),
        lambda: services.add_contact(by=by, at=NOW, name="X", kind="vendor", phone="1"),
        lambda: services.change_person(
            person=cast.owner, by=by, at=NOW, name="X", title="", phone="", time_zone="UTC", teams=()
        ),
    ]
    before = Event.objects.count()
    for deed in deeds:
        with pytest.raises(NotAllowed):
            deed()
    assert Event.objects.count() == before


def test_a_time_zone_that_does_not_exist_is_refused(cast):
    with pytest.raises(Invalid) as refused:
        add(cast.head, time_zone="Mars/Olympus")
    assert "time_zone" in refused.value.fields
    with pytest.raises(Invalid):
        services.set_preferences(person=cast.owner, at=NOW, theme="", mailing="daily", time_zone="../etc/passwd")


def test_changing_a_person_writes_only_what_changed(cast):
    services.change_person(
        person=cast.owner, by=cast.head, at=NOW, name="Tomas Reyes", title="Lead", phone="", time_zone="Europe/Oslo",
        teams=(cast.team,),
    )  # fmt: skip
    line = lines("person.changed").get()
    assert (line.before, line.after) == ({"title": ""}, {"title": "Lead"})


def test_nothing_changed_nothing_written(cast):
    services.set_preferences(person=cast.owner, at=NOW, theme="", mailing="at-once", time_zone="Europe/Oslo")
    assert not lines("person.changed").exists()


def test_who_is_deactivated_is_out_at_once_with_all_tokens(cast):
    token, key = services.issue_token(by=cast.owner, at=NOW, name="script", scope="read", days=9)
    services.deactivate_person(person=cast.owner, by=cast.head, at=NOW)
    assert services.use_token(key=key, at=NOW) is None
    token.refresh_from_db()
    assert token.revoked_by == cast.head
    assert User.objects.get(pk=cast.owner.pk).is_active is False
    assert lines("person.deactivated").count() == lines("token.revoked").count() == 1


def test_an_open_session_of_who_is_deactivated_ends(cast, client):
    client.login(email=cast.owner.email, password=PASSWORD)
    assert client.get("/people/me/").status_code == 200
    services.deactivate_person(person=cast.owner, by=cast.head, at=NOW)
    assert client.get("/people/me/").status_code == 302


def test_nobody_deactivates_himself_or_somebody_twice(cast):
    with pytest.raises(NotAllowed):
        services.deactivate_person(person=cast.head, by=cast.head, at=NOW)
    services.deactivate_person(person=cast.owner, by=cast.head, at=NOW)
    with pytest.raises(WrongState):
        services.deactivate_person(person=cast.owner, by=cast.head, at=NOW)


def test_who_is_reactivated_signs_in_again_but_not_with_an_old_session_or_token(cast, client):
    client.post("/accounts/login/", {"login": cast.owner.email, "password": PASSWORD})
    assert client.get("/people/me/").status_code == 200
    _, key = services.issue_token(by=cast.owner, at=NOW, name="script", scope="read", days=9)
    services.deactivate_person(person=cast.owner, by=cast.head, at=NOW)
    services.reactivate_person(person=cast.owner, by=cast.head, at=NOW)
    assert client.get("/people/me/").status_code == 302
    assert services.use_token(key=key, at=NOW) is None
    client.post("/accounts/login/", {"login": cast.owner.email, "password": PASSWORD})
    assert client.get("/people/me/").status_code == 200
    line = lines("person.reactivated").get()
    assert (line.subject_name, line.actor_name) == ("Tomas Reyes", "Maren Holt")
    assert (line.before, line.after) == ({"is_active": False}, {"is_active": True})


def test_who_can_sign_in_is_not_reactivated(cast):
    with pytest.raises(WrongState, match="can sign in already"):
        services.reactivate_person(person=cast.owner, by=cast.head, at=NOW)
    assert not lines("person.reactivated").exists()


def test_team_members_are_in_the_trail(cast):
    team = services.add_team(by=cast.head, at=NOW, name=" Claims ", members=[cast.owner])
    services.change_team(team=team, by=cast.head, at=NOW, name="Claims", purpose="", members=[cast.stakeholder])
    line = lines("team.changed").get()
    assert (line.before, line.after) == ({"members": ["Tomas Reyes"]}, {"members": ["Priya Raman"]})
    with pytest.raises(Invalid):
        services.add_team(by=cast.head, at=NOW, name="Claims")


def test_a_contact_can_be_reached_and_is_here_once(cast):
    contact = services.add_contact(
        by=cast.head, at=NOW, name="Duty line", kind="vendor", organisation="Fjord", phone="112"
    )
    with pytest.raises(Invalid, match="telephone"):
        services.change_contact(contact=contact, by=cast.head, at=NOW, phone="")
    with pytest.raises(Invalid, match="already here"):
        services.add_contact(
            by=cast.head, at=NOW, name="Duty line", kind="other", organisation="Fjord", email="a@b.example"
        )
    services.change_contact(contact=contact, by=cast.head, at=NOW, phone="113")
    assert lines("contact.changed").get().after == {"phone": "113"}
    assert Contact.objects.get().phone == "113"


def test_who_may_not_see_people_sees_own_teams_and_role_holders(cast):
    colleague = add(cast.head, teams=(cast.team,))
    other = add(cast.head, email="other@example.org", name="Otto Other")
    seen = set(User.objects.visible_to(cast.owner))
    assert {cast.owner, colleague, cast.head, cast.stakeholder, cast.deputy} <= seen
    assert other not in seen
    assert cast.stranger not in seen
    assert set(User.objects.visible_to(cast.auditor)) == set(User.objects.all())
    assert Team.objects.count() == 1
