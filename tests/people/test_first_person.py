"""The owner of the machine lets the first person in, and nobody after her."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from audit.kinds import Kind
from audit.models import Event
from people.models import User
from people.permissions import Permission

pytestmark = pytest.mark.django_db


def first_person(email="Ida.Lund@bank.example", name="Ida Lund"):
    out = io.StringIO()
    call_command("first_person", email=email, name=name, stdout=out)
    return out.getvalue()


def test_she_becomes_head_of_operations_by_the_owner_of_the_machine():
    first_person()
    ida = User.objects.get(email="ida.lund@bank.example")
    assert ida.is_staff
    assert not ida.is_superuser
    assert ida.may(Permission.ASSIGN_ROLES)
    assert ida.may(Permission.ADD_PEOPLE)
    lines = Event.objects.filter(actor_name="Owner of the machine").values_list("kind", flat=True)
    assert set(lines) == {Kind.PERSON_ADDED, Kind.ROLE_ASSIGNED}


def test_her_link_sets_a_password_once(settings):
    link = first_person().splitlines()[-1]
    assert link.startswith(settings.BASE_URL)
    path, client = link.removeprefix(settings.BASE_URL), Client()
    form = client.get(path, follow=True).redirect_chain[-1][0]
    new = {"password1": "a-lantern-in-the-fog", "password2": "a-lantern-in-the-fog"}
    assert client.post(form, new).status_code == 302
    assert User.objects.get().check_password("a-lantern-in-the-fog")
    again = Client().get(path, follow=True)
    assert "password1" not in again.content.decode()
    assert reverse("account_login")


def test_a_lost_link_is_made_again_until_she_has_a_password():
    first_person()
    count = Event.objects.count()
    assert "http" in first_person().splitlines()[-1]
    assert Event.objects.count() == count
    ida = User.objects.get()
    ida.set_password("a-lantern-in-the-fog")
    ida.save()
    with pytest.raises(CommandError, match="Ida Lund is head of operations already"):
        first_person()


def test_where_somebody_is_head_of_operations_nobody_is_let_in(cast):
    with pytest.raises(CommandError, match="Maren Holt is head of operations already, and adds people"):
        first_person()
    assert not User.objects.filter(email="ida.lund@bank.example").exists()


def test_somebody_who_is_there_already_keeps_her_password_and_gets_the_role():
    User.objects.create_superuser("ida.lund@bank.example", "a-lantern-in-the-fog", name="Ida Lund")
    assert "She signs in with her password" in first_person()
    assert User.objects.get().may(Permission.ASSIGN_ROLES)


@pytest.mark.parametrize(("email", "name", "said"), [("ida", "Ida", "email: "), ("ida@bank.example", " ", "name: ")])
def test_what_is_no_person_is_refused_in_words(email, name, said):
    with pytest.raises(CommandError, match=said):
        first_person(email, name)
