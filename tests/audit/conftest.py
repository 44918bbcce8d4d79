"""Two who may read the trail or may not, and something to read."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from people.models import Role, RoleAssignment, Team, User

AT = dt.datetime(2026, 11, 21, 8, 30, 0, 123456, tzinfo=dt.UTC)


@pytest.fixture
def auditor(db) -> User:
    user = User.objects.create_user("signe@harbour-mutual.example", name="Signe Dahl")
    RoleAssignment.objects.create(role=Role.objects.get(pk="auditor"), person=user, from_on=dt.date(2026, 1, 1))
    return user


@pytest.fixture
def stranger(db) -> User:
    return User.objects.create_user("nils@harbour-mutual.example", name="Nils Berg")


@pytest.fixture
def reading(auditor: User) -> Client:
    client = Client()
    client.force_login(auditor)
    return client


@pytest.fixture
def shut_out(stranger: User) -> Client:
    client = Client()
    client.force_login(stranger)
    return client


@pytest.fixture
def team(db) -> Team:
    return Team.objects.create(name="Payments")
