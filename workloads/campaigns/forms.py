"""What people write to open a campaign."""

from __future__ import annotations

from typing import Any

from django import forms

from people.models import Team
from workloads.filters import PROOFS, REVIEWS, SEARCH_MAX, TIERS
from workloads.models import Lifecycle


def _any(choices: Any) -> list[tuple[str, str]]:
    return [("", "Any"), *choices]


class ChooseForm(forms.Form):
    """Which workloads: some of the register's own filters, under their own names."""

    q = forms.CharField(label="Name, purpose, tag or owner", max_length=SEARCH_MAX, required=False)
    tier = forms.MultipleChoiceField(choices=TIERS[:-1], required=False, widget=forms.CheckboxSelectMultiple)
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Any")
    review = forms.ChoiceField(label="Review due", choices=_any(REVIEWS), required=False)
    proof = forms.ChoiceField(label="RTO in the last drill", choices=_any(PROOFS), required=False)
    lifecycle = forms.MultipleChoiceField(
        choices=Lifecycle.choices[:-1], required=False, widget=forms.CheckboxSelectMultiple
    )


class OpenForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="For example: Reviews of the fourth quarter")
    due_on = forms.DateField(
        label="Due",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Reviews that were due later are due on this day; what was due earlier stays so.",
    )
