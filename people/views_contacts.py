"""Contacts who never sign in, and teams."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q, QuerySet
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from audit.errors import Invalid
from audit.spreadsheets import in_batches, table_response
from people import services
from people.access import SIGNED_IN, rule, signed_in
from people.forms import ContactForm, TeamForm, show_refusal
from people.models import Contact, Team, User, organisation_today
from people.permissions import Permission
from people.queries import teams_seen_by
from people.views import PER_PAGE, tabs


@rule(Permission.VIEW_PEOPLE)
@require_GET
def list_contacts(request: HttpRequest) -> HttpResponse:
    found, q = _contacts(request)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "people/contacts.html", tabs(request) | {"tab": "contacts", "page": page, "q": q})


def _contacts(request: HttpRequest) -> tuple[QuerySet[Contact], str]:
    found, q = Contact.objects.all(), request.GET.get("q", "").replace("\x00", "")
    for word in q.split():
        found = found.filter(Q(name__says=word) | Q(organisation__says=word) | Q(note__says=word))
    return found, q


@rule(Permission.VIEW_PEOPLE)
@require_GET
def export_contacts(request: HttpRequest) -> HttpResponseBase:
    """The contact matrix as a table, for when the portal cannot be reached."""
    found, _ = _contacts(request)
    rows = ([c.get_kind_display(), c.organisation, c.name, c.phone, c.email, c.note] for c in found.iterator())
    header = ("kind", "organisation", "name", "phone", "e-mail", "what for")
    name = f"contacts-{organisation_today(timezone.now()):%Y-%m-%d}"
    return table_response(request, name, header, in_batches(rows))


@rule(Permission.ADD_PEOPLE)
@require_http_methods(["GET", "POST"])
def add_contact(request: HttpRequest) -> HttpResponse:
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_contact(by=signed_in(request), at=timezone.now(), **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            return redirect("people:contacts")
    return _contact_form(request, form, "Add a contact", "Add")


@rule(Permission.ADD_PEOPLE)
@require_http_methods(["GET", "POST"])
def change_contact(request: HttpRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=pk)
    form = ContactForm(request.POST or None, initial=model_to_dict(contact))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_contact(contact=contact, by=signed_in(request), at=timezone.now(), **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            return redirect("people:contacts")
    return _contact_form(request, form, f"Change {contact}", "Change")


def _contact_form(request: HttpRequest, form: ContactForm, title: str, button: str) -> HttpResponse:
    context = {
        "form": form, "title": title, "button": button, "back": "people:contacts", "back_label": "Contacts",
        "is_new": button == "Add",
    }  # fmt: skip
    return render(request, "people/form.html", context, status=422 if form.errors else 200)


@rule(SIGNED_IN)
@require_GET
def list_teams(request: HttpRequest) -> HttpResponse:
    """Teams with their active members; without the right to see people, one's own."""
    page = Paginator(_teams(signed_in(request)), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "people/teams.html", tabs(request) | {"tab": "teams", "page": page})


@rule(SIGNED_IN)
@require_GET
def export_teams(request: HttpRequest) -> HttpResponseBase:
    """The same teams as a table."""
    teams = _teams(signed_in(request)).iterator(chunk_size=500)
    rows = ([t.name, t.purpose, t.size, "; ".join(one.name for one in t.members.all())] for t in teams)
    name = f"teams-{organisation_today(timezone.now()):%Y-%m-%d}"
    return table_response(request, name, ("team", "looks after", "members", "who"), in_batches(rows))


def _teams(user: User) -> QuerySet[Any]:
    """Those this person may see, each with its active members and their number, `size`."""
    active = Prefetch("members", User.objects.filter(is_active=True))
    teams = teams_seen_by(user).annotate(size=Count("members", filter=Q(members__is_active=True)))
    return teams.prefetch_related(active).order_by("name")


@rule(Permission.ADD_PEOPLE)
@require_http_methods(["GET", "POST"])
def add_team(request: HttpRequest) -> HttpResponse:
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_team(by=signed_in(request), at=timezone.now(), **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            return redirect("people:teams")
    return _team_form(request, form, {"title": "Add a team", "button": "Add", "is_new": True})


@rule(Permission.ADD_PEOPLE)
@require_http_methods(["GET", "POST"])
def change_team(request: HttpRequest, pk: int) -> HttpResponse:
    team = get_object_or_404(Team, pk=pk)
    initial = {"name": team.name, "purpose": team.purpose, "members": team.members.filter(is_active=True)}
    form = TeamForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_team(team=team, by=signed_in(request), at=timezone.now(), **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            return redirect("people:teams")
    return _team_form(request, form, {"title": f"Change {team}", "button": "Change"})


def _team_form(request: HttpRequest, form: TeamForm, words: dict[str, Any]) -> HttpResponse:
    context = words | {"form": form, "back": "people:teams", "back_label": "Teams"}
    return render(request, "people/form.html", context, status=422 if form.errors else 200)
