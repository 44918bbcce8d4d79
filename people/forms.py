"""What people write about people, teams, contacts and roles."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet

from audit.errors import Invalid
from people.models import ContactKind, Mailing, Role, Scope, Team, Theme, User
from people.services import TOKEN_DAYS_MAX


def show_refusal(form: forms.BaseForm, error: Invalid) -> None:
    """Put what a service would not accept beside the fields it is about; the entries stay."""
    for name, message in (error.fields or {"": error.message}).items():
        form.add_error(name if name in form.fields else None, message)


@cache
def zones() -> list[tuple[str, str]]:
    """Time zones by place, "Europe/Oslo", without the old and technical names."""
    parts = (
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
    names = sorted(name for name in zoneinfo.available_timezones() if name.split("/")[0] in parts and "/" in name)
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def small() -> forms.Select:
    return forms.Select(attrs={"class": "form-select-sm"})


class ZoneField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=zones, initial=settings.ORGANISATION_TIME_ZONE, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """A zone stored under an old name stays choosable."""
        if value and value not in dict(zones()):
            self.choices = [(value, value), *zones()]
        return value

    def valid_value(self, value: Any) -> bool:
        return value in zoneinfo.available_timezones()


class PersonForm(forms.Form):
    name = forms.CharField(max_length=120)
    title = forms.CharField(label="Job title", max_length=120, required=False)
    phone = forms.CharField(
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel"}),
        help_text="For the hour when mail is down.",
    )
    time_zone = ZoneField(help_text="Times are shown to this person in it.")
    teams = forms.ModelMultipleChoiceField(
        Team.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Members may change and classify what their team owns.",
    )

    def clean_teams(self) -> tuple[Team, ...]:
        return tuple(self.cleaned_data["teams"])


class AddPersonForm(PersonForm):
    email = forms.EmailField(label="E-mail", max_length=254, help_text="Signs in with it; it cannot be changed later.")
    field_order = ("email", "name", "title", "phone", "time_zone", "teams")


class TeamForm(forms.Form):
    name = forms.CharField(max_length=120)
    purpose = forms.CharField(max_length=300, required=False, help_text="What it looks after")
    members = forms.ModelMultipleChoiceField(User.objects.none(), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = self.fields["members"]
        if isinstance(members, forms.ModelMultipleChoiceField):
            members.queryset = User.objects.filter(is_active=True)


class ContactForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="A person, or what one asks for: “Duty line”")
    organisation = forms.CharField(max_length=120, required=False)
    kind = forms.ChoiceField(label="What they are", choices=ContactKind.choices)
    phone = forms.CharField(
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel"}),
        help_text="A telephone number or an e-mail; both are better.",
    )
    email = forms.EmailField(label="E-mail", required=False)
    note = forms.CharField(label="What for", max_length=300, required=False)


class AssignForm(forms.Form):
    """Give a role for the whole organisation."""

    person = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Vacant: the deputy acts")
    deputy = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="No deputy")
    from_on = forms.DateField(label="From", widget=day_input())
    until_on = forms.DateField(
        label="Until",
        required=False,
        widget=day_input(),
        help_text="The last day, included. Empty: until further notice.",
    )
    reason = forms.CharField(
        label="Why",
        required=False,
        max_length=300,
        help_text="Needed where it began yesterday. Whoever confirms it reads it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("person", "deputy"):
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = User.objects.filter(is_active=True)


class EndRoleForm(forms.Form):
    last_day = forms.DateField(label="Last day", widget=day_input(), help_text="Included. Yesterday ends it at once.")


class HandOverForm(forms.Form):
    """To whom, and until when she still holds it herself."""

    to = forms.ModelChoiceField(User.objects.none(), label="Successor", empty_label="Choose a person")
    last_day = forms.DateField(
        label="Last day",
        widget=day_input(),
        help_text="The last day of the roles for who gives them up. For a hand-over at once, choose yesterday.",
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to = self.fields["to"]
        if isinstance(to, forms.ModelChoiceField):
            to.queryset = User.objects.filter(is_active=True).exclude(pk=person.pk)


AS_DEVICE = "system"


class PreferencesForm(forms.Form):
    theme = forms.ChoiceField(
        label="Look", choices=[(value or AS_DEVICE, label) for value, label in Theme.choices], widget=forms.RadioSelect
    )
    mailing = forms.ChoiceField(
        label="Messages to me",
        choices=Mailing.choices,
        widget=forms.RadioSelect,
        help_text="Requests for your signature and everything about a running drill always come at once.",
    )
    time_zone = ZoneField()

    def clean_theme(self) -> str:
        theme: str = self.cleaned_data["theme"]
        return "" if theme == AS_DEVICE else theme


def preferences_of(person: User) -> dict[str, str]:
    """What PreferencesForm begins with."""
    return {"theme": person.theme or AS_DEVICE, "mailing": person.mailing, "time_zone": person.time_zone}


class TokenForm(forms.Form):
    """A key for a program of one's own, or for a measuring system."""

    name = forms.CharField(label="What for", max_length=80, help_text="For example: export to the data warehouse")
    scope = forms.ChoiceField(choices=Scope.choices, initial=Scope.READ, widget=forms.RadioSelect)
    days = forms.IntegerField(label="Valid for how many days", min_value=1, max_value=TOKEN_DAYS_MAX, initial=90)
    machine = forms.BooleanField(
        label="It belongs to a measuring system",
        required=False,
        help_text="Times that it records count as measured by a machine.",
    )

    def __init__(self, *args: Any, may_machine: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_machine:
            del self.fields["machine"]


class PeopleFilter(forms.Form):
    """Search on the list of people; nothing in it can be wrong, only empty. Teams are those that the reader may see."""

    q = forms.CharField(required=False, max_length=100)
    team = forms.ModelChoiceField(Team.objects.none(), required=False, empty_label="Any team", widget=small())
    role = forms.ModelChoiceField(Role.objects.all(), required=False, empty_label="Any role", widget=small())
    gone = forms.BooleanField(required=False)
    holds = forms.BooleanField(required=False)

    def __init__(self, *args: Any, teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.fields["team"]
        if isinstance(team, forms.ModelChoiceField):
            team.queryset = teams
