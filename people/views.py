"""People: finding them, adding them, keeping their description true."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.errors import Invalid
from audit.spreadsheets import in_batches, table_response
from people import services
from people.access import SIGNED_IN, rule, signed_in
from people.forms import AddPersonForm, PeopleFilter, PersonForm, show_refusal
from people.handover import held_in_short
from people.models import Confirmation, RoleAssignment, User, organisation_today
from people.permissions import Permission
from people.queries import may_reach, role_words, teams_seen_by, vacancies, with_teams_seen
from people.stand_ins import in_line, left_holding
from people.welcome import NotSent, send_welcome

PER_PAGE = 50


def tabs(request: HttpRequest) -> dict[str, Any]:
    """What stands above every list of this room."""
    user = signed_in(request)
    return {
        "sees_all": user.may(Permission.VIEW_PEOPLE),
        "may_add": user.may(Permission.ADD_PEOPLE),
        "may_assign": user.may(Permission.ASSIGN_ROLES),
        "gaps": len(vacancies(on=organisation_today(timezone.now()))),
        "to_confirm": Confirmation.objects.waiting().count(),
    }


@rule(SIGNED_IN)
@require_GET
def list_people(request: HttpRequest) -> HttpResponse:
    user, today = signed_in(request), organisation_today(timezone.now())
    form = PeopleFilter(request.GET, teams=teams_seen_by(user))
    found = _filtered(User.objects.visible_to(user), form)
    page = Paginator(with_teams_seen(found, user), PER_PAGE).get_page(request.GET.get("page"))
    words = role_words(page, on=today)
    rows = [(person, words[person.pk]) for person in page]
    context = {"tab": "people", "page": page, "rows": rows, "form": form, "filtered": any(request.GET.values())}
    return render(request, "people/list.html", tabs(request) | context)


@rule(Permission.VIEW_PEOPLE)  # how to reach each of them stands in it
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """The same selection as a table, with the teams and roles of each."""
    user, today = signed_in(request), organisation_today(timezone.now())
    found = _filtered(User.objects.visible_to(user), PeopleFilter(request.GET, teams=teams_seen_by(user)))

    def rows(people: list[User]) -> list[list[Any]]:
        words = role_words(people, on=today)
        return [
            [
                one.name, one.email, one.title, one.phone, "; ".join(sorted(t.name for t in one.teams.all())),
                "; ".join(map(str, words[one.pk])), one.is_active,
            ]
            for one in people
        ]  # fmt: skip

    people = with_teams_seen(found, user).iterator(chunk_size=500)
    header = ("name", "e-mail", "job title", "phone", "teams", "roles", "can sign in")
    return table_response(request, f"people-{today:%Y-%m-%d}", header, map(rows, in_batches(people)))


def _filtered(found: QuerySet[User], form: PeopleFilter) -> QuerySet[User]:
    asked = form.cleaned_data if form.is_valid() else {}
    if asked.get("holds"):
        found = found.filter(pk__in=left_holding(on=organisation_today(timezone.now())).values("pk"))
    elif not asked.get("gone"):
        found = found.filter(is_active=True)
    for word in asked.get("q", "").split():
        found = found.filter(Q(name__says=word) | Q(email__icontains=word) | Q(title__says=word))
    if asked.get("team"):
        found = found.filter(pk__in=asked["team"].members.order_by().values("pk"))
    if asked.get("role"):
        held = RoleAssignment.objects.in_force(organisation_today(timezone.now())).filter(role=asked["role"]).order_by()
        found = found.filter(Q(pk__in=held.values("person")) | Q(pk__in=held.values("deputy")))
    return found


@rule(SIGNED_IN)
@require_GET
def show_person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: how to reach her, her teams, the roles she holds and held."""
    user, today = signed_in(request), organisation_today(timezone.now())
    person = get_object_or_404(with_teams_seen(User.objects.visible_to(user), user), pk=pk)
    roles = RoleAssignment.objects.of(person).select_related("role", "person", "deputy").order_by("-from_on", "-id")
    context = tabs(request) | {
        "person": person,
        "reach": may_reach(user, person),
        "wide": [a for a in roles if a.workload_id is None],
        "workloads": [a for a in roles.in_force(today) if a.workload_id is not None],
        "today": today,
        "never_came": person.last_login is None,
    }
    if not person.is_active:
        context |= {"lies_still": held_in_short(person, on=today), "in_line": in_line(person, on=today)}
    return render(request, "people/person.html", context)


@rule(Permission.ADD_PEOPLE)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Add somebody who signs in; she gets a link to set her password."""
    form, user, at = AddPersonForm(request.POST or None), signed_in(request), timezone.now()
    if request.method == "POST" and form.is_valid():
        try:
            person = services.add_person(by=user, at=at, **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            _welcome(request, person, user)
            return redirect("people:person", pk=person.pk)
    context = {"form": form, "title": "Add a person", "button": "Add and send the link"}
    return render(request, "people/form_person.html", context, status=422 if form.errors else 200)


def _welcome(request: HttpRequest, person: User, by: User) -> None:
    """The person is here whether or not the mail leaves; what is left to do is said."""
    try:
        send_welcome(person=person, by=by, at=timezone.now())
    except NotSent as error:
        messages.warning(request, f"{person.name} is added. {error.message}")
    else:
        messages.success(request, f"A link to set a password is on its way to {person.email}.")


@rule(Permission.ADD_PEOPLE)
@require_POST
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the link again."""
    person = get_object_or_404(User.objects.visible_to(signed_in(request)), pk=pk)
    send_welcome(person=person, by=signed_in(request), at=timezone.now())
    messages.success(request, f"A link to set a password is on its way to {person.email}.")
    return redirect("people:person", pk=person.pk)


@rule(Permission.ADD_PEOPLE)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User.objects.visible_to(signed_in(request)), pk=pk)
    initial = {name: getattr(person, name) for name in ("name", "title", "phone", "time_zone")}
    form = PersonForm(request.POST or None, initial=initial | {"teams": person.teams.all()})
    if request.method == "POST" and form.is_valid():
        try:
            services.change_person(person=person, by=signed_in(request), at=timezone.now(), **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            return redirect("people:person", pk=person.pk)
    context = {"form": form, "person": person, "title": f"Change {person.name}", "button": "Change"}
    return render(request, "people/form_person.html", context, status=422 if form.errors else 200)


@rule(Permission.ADD_PEOPLE)
@require_http_methods(["GET", "POST"])
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked on a page of its own, which says what goes with it."""
    person = get_object_or_404(User.objects.visible_to(signed_in(request)), pk=pk)
    if request.method == "POST":
        services.deactivate_person(person=person, by=signed_in(request), at=timezone.now())
        messages.success(request, f"{person.name} can no longer sign in.")
        return redirect("people:person", pk=person.pk)
    if not person.is_active:
        return redirect("people:person", pk=person.pk)
    at = timezone.now()
    held = RoleAssignment.objects.given().of(person).exclude(until_on__lt=organisation_today(at)).select_related("role")
    keys = person.api_tokens.filter(revoked_at__isnull=True, expires_at__gt=at).count()
    may_assign, today = signed_in(request).may(Permission.ASSIGN_ROLES), organisation_today(at)
    context = {"person": person, "held": held, "keys": keys, "may_assign": may_assign}
    context |= {"lies_still": held_in_short(person, on=today), "in_line": in_line(person, on=today)}
    return render(request, "people/deactivate.html", context)


@rule(Permission.ADD_PEOPLE)
@require_http_methods(["GET", "POST"])
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked on a page of its own, which says what comes back with it."""
    person = get_object_or_404(User.objects.visible_to(signed_in(request)), pk=pk)
    if request.method == "POST":
        services.reactivate_person(person=person, by=signed_in(request), at=timezone.now())
        messages.success(request, f"{person.name} can sign in again.")
        return redirect("people:person", pk=person.pk)
    if person.is_active:
        return redirect("people:person", pk=person.pk)
    today = organisation_today(timezone.now())
    return render(
        request, "people/reactivate.html", {"person": person, "roles": role_words([person], on=today)[person.pk]}
    )
