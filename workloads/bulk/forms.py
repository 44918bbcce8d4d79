"""What many workloads become."""

from __future__ import annotations

from typing import Any

from django import forms

from audit.errors import Invalid
from people.models import Team, User
from workloads.bulk.services import Change, What, change_of
from workloads.models import Lifecycle
from workloads.queries import teams_named_to
from workloads.register.rows import TAG_LENGTH


class ChangeForm(forms.Form):
    """The names differ from the register's filters, which stand in the same address."""

    what = forms.ChoiceField(label="What changes", choices=[("", "Choose"), *What.choices])
    to_team = forms.ModelChoiceField(
        Team.objects.none(), label="New owner team", required=False, empty_label="Choose a team"
    )
    to_unit = forms.CharField(label="New business unit", max_length=120, required=False)
    to_lifecycle = forms.ChoiceField(
        label="New lifecycle", choices=[("", "Choose"), *Lifecycle.choices], required=False
    )
    to_tag = forms.CharField(label="Tag", max_length=TAG_LENGTH, required=False)

    change: Change

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.fields["to_team"]
        if isinstance(team, forms.ModelChoiceField):
            team.queryset = teams_named_to(user)

    def clean(self) -> None:
        values = self.cleaned_data
        if "what" not in values:
            return
        try:
            self.change = change_of(
                values["what"], team=values.get("to_team"), unit=values.get("to_unit", ""),
                lifecycle=values.get("to_lifecycle", ""), tag=values.get("to_tag", ""),
            )  # fmt: skip
        except Invalid as error:
            for field, message in error.fields.items():
                self.add_error(field, message)
