"""How the review of assignments is narrowed."""

from __future__ import annotations

from django import forms

from people.fields import YesNoField
from people.models import Role
from workloads.filters import SEARCH_MAX
from workloads.roles.queries import GAPS, MISSING


class AssignmentsFilter(forms.Form):
    """Nothing in it can be wrong, only empty."""

    q = forms.CharField(required=False, max_length=SEARCH_MAX)
    role = forms.ModelChoiceField(
        Role.objects.all(),
        required=False,
        empty_label="Any role",
        widget=forms.Select(attrs={"class": "form-select-sm"}),
    )
    place = forms.ChoiceField(
        required=False,
        choices=[("", "Anywhere"), ("organisation", "The organisation"), ("workloads", "Single workloads")],
        widget=forms.Select(attrs={"class": "form-select-sm"}),
    )
    ended = forms.BooleanField(required=False)
    gap = forms.ChoiceField(required=False, choices=[("", ""), *GAPS.items(), (MISSING, "Missing")])


class AssignmentsQuery(AssignmentsFilter):
    """The same as a program asks it: a yes or no that is neither is refused."""

    ended = YesNoField(required=False)
