"""How drills and gaps are narrowed: the same on the page, in the export and in the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from drills.models import Action, Drill, DrillKind, Severity, today
from drills.queries import drills_for, open_actions_for
from people.fields import YesNoFilter
from people.models import Team, User
from workloads.filters import SEARCH_MAX, KeyFilter
from workloads.models import Proof
from workloads.queries import teams_named_to

SMALL = forms.Select(attrs={"class": "form-select-sm"})


def _teams(request: HttpRequest | None) -> QuerySet[Team]:
    """Those whose names the reader may see; all for the description of the API, which is made for nobody."""
    user = getattr(request, "user", None)
    return teams_named_to(user) if isinstance(user, User) else Team.objects.all()


class DrillFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(
        field_name="workload__name",
        lookup_expr="says",
        max_length=SEARCH_MAX,
        label="Part of the workload's name",
        widget=forms.TextInput(attrs={"type": "search", "class": "form-control-sm"}),
    )
    kind = django_filters.ChoiceFilter(choices=DrillKind.choices, label="Kind", empty_label="Any kind", widget=SMALL)
    verdict = django_filters.ChoiceFilter(
        choices=Proof.choices,
        method="of_verdict",
        label="Verdict, the weaker of both",
        empty_label="Any verdict",
        widget=SMALL,
    )
    team = django_filters.ModelChoiceFilter(
        field_name="workload__owner_team",
        queryset=_teams,
        label="Team",
        empty_label="Any team",
        widget=SMALL,
    )

    class Meta:
        model = Drill
        fields: list[str] = []

    def of_verdict(self, drills: Any, name: str, value: str) -> Any:
        """`result` comes from DrillQuerySet.with_result. Of a stopped drill a miss is a result, and nothing else."""
        judged = Q(state=Drill.State.FINISHED) | Q(state=Drill.State.STOPPED, result=Proof.MISSED)
        return drills.filter(judged, result=value)


class DrillApiFilter(DrillFilter):
    workload = KeyFilter(field_name="workload_id", label="Workload, by its number")
    waiting_for_me = YesNoFilter(method="for_me", label="Only what Home shows me: mine, or of who left and I stand in")
    coordinator = KeyFilter(field_name="coordinator_id", label="Coordinator, by her number")
    state = django_filters.MultipleChoiceFilter(choices=Drill.State.choices, label="State")
    from_on = django_filters.DateFilter(
        field_name="window_start", lookup_expr="date__gte", label="Window begins on or after, by UTC"
    )
    until_on = django_filters.DateFilter(
        field_name="window_start", lookup_expr="date__lte", label="Window begins on or before, by UTC"
    )

    def for_me(self, drills: Any, name: str, value: bool) -> Any:
        hers = drills_for(self.request.user, on=today()).order_by().values("pk")
        return drills.filter(pk__in=hers) if value else drills.exclude(pk__in=hers)


class ActionApiFilter(django_filters.FilterSet):  # type: ignore[misc]
    drill = KeyFilter(field_name="drill_id", label="Drill, by its number")
    workload = KeyFilter(field_name="drill__workload_id", label="Workload, by its number")
    owner = KeyFilter(field_name="owner_id", label="Owner, by her number")
    state = django_filters.MultipleChoiceFilter(choices=Action.State.choices, label="State")
    severity = django_filters.MultipleChoiceFilter(choices=Severity.choices, label="Severity")
    waiting_for_me = YesNoFilter(method="for_me", label="Only open ones: mine, or of an owner who left and I stand in")
    due_until = django_filters.DateFilter(field_name="due_on", lookup_expr="lte", label="Due on or before")

    class Meta:
        model = Action
        fields: list[str] = []

    def for_me(self, actions: Any, name: str, value: bool) -> Any:
        hers = open_actions_for(self.request.user, on=today()).order_by().values("pk")
        return actions.filter(pk__in=hers) if value else actions.exclude(pk__in=hers)
