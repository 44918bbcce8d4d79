"""What people write about drills. The services decide whether it fits; their refusals come back to the fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from audit.errors import Invalid
from drills.gaps import TITLE_MAX, retestable
from drills.marking import SOURCE_MAX
from drills.models import Action, Drill, DrillKind, Severity, What
from people.fields import WallTimeField
from people.models import User

Answer = TypeVar("Answer")
TEXT_MAX = 10_000


def attempt(form: forms.Form, deed: Callable[[], Answer]) -> Answer | None:
    """Do the deed; what does not fit is said at its field, and None comes back."""
    try:
        return deed()
    except Invalid as error:
        for name, text in (error.fields or {"": error.message}).items():
            form.add_error(name if name in form.fields else None, text)
        return None


def area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class DrillForm(forms.Form):
    """Schedule a drill or change a planned one. `suggested` are the people offered by name; others are added by e-mail."""

    kind = forms.ChoiceField(
        choices=[("", "Choose a kind"), *DrillKind.choices],
        label="Kind",
        help_text="A tabletop or a message test alone proves no target and does not count for the interval.",
    )
    window_start = WallTimeField(label="Window from")
    window_end = WallTimeField(label="Window until")
    scenario = forms.CharField(
        widget=area(3),
        required=False,
        max_length=TEXT_MAX,
        label="Scenario",
        help_text="What is assumed to have failed.",
    )
    success_criteria = forms.CharField(
        widget=area(3),
        max_length=TEXT_MAX,
        label="Success criteria",
        help_text="When does it count as passed? Fixed from the moment the drill starts.",
    )
    coordinator = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label="Coordinator",
        help_text="Starts the drill, records times and finishes it. No auditor.",
    )
    participants = forms.ModelMultipleChoiceField(
        queryset=User.objects.none(), required=False, widget=forms.CheckboxSelectMultiple, label="Participants"
    )
    others = forms.CharField(
        widget=area(2),
        required=False,
        max_length=TEXT_MAX,
        label="Other participants",
        help_text="Their e-mail addresses, one a line.",
    )

    def __init__(self, *args: Any, suggested: QuerySet[User], coordinators: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["participants"].queryset = suggested  # type: ignore[attr-defined]
        self.fields["coordinator"].queryset = coordinators  # type: ignore[attr-defined]

    def clean_others(self) -> list[User]:
        asked = {word.lower() for word in re.split(r"[\s,;]+", self.cleaned_data["others"]) if word}
        found = {user.email.lower(): user for user in User.objects.filter(email__in=asked, is_active=True)}
        missing = sorted(asked - set(found))
        if missing:
            raise ValidationError(f"Nobody here has this e-mail: {', '.join(missing[:5])}. Correct or remove it.")
        return list(found.values())

    def values(self) -> dict[str, Any]:
        """What `services.schedule` and `services.change` want."""
        values = dict(self.cleaned_data)
        invited = [*values.pop("participants"), *values.pop("others")]
        return {**values, "participants": list({user.pk: user for user in invited}.values())}


def initial_of(drill: Drill) -> dict[str, Any]:
    names = ("kind", "window_start", "window_end", "scenario", "success_criteria", "coordinator")
    return {name: getattr(drill, name) for name in names} | {"participants": drill.participants.all()}


class ReasonForm(forms.Form):
    reason = forms.CharField(widget=area(3), max_length=TEXT_MAX, label="Reason")


class MarkForm(forms.Form):
    """Record a time: now, when the field is left empty."""

    what = forms.ChoiceField(choices=What.choices, widget=forms.HiddenInput)
    time = WallTimeField(seconds=True, required=False, label="Time")
    source = forms.CharField(required=False, max_length=SOURCE_MAX, label="Taken from")
    clicked = forms.CharField(required=False, max_length=500)  # the signed moment of a click that was asked about
    confirm = forms.BooleanField(required=False)


class CorrectForm(forms.Form):
    time = WallTimeField(seconds=True, label="Right time")
    source = forms.CharField(
        required=False, max_length=SOURCE_MAX, label="Taken from", help_text="For example a log line or a ticket."
    )
    reason = forms.CharField(widget=area(2), max_length=TEXT_MAX, label="Why the recorded time was wrong")
    confirm = forms.BooleanField(required=False, widget=forms.HiddenInput, label="The time is right all the same")

    def ask(self, why: str) -> None:
        """Show the form again with a box to tick."""
        self.fields["confirm"].widget = forms.CheckboxInput()
        self.add_error("confirm", why)


class FinishForm(forms.Form):
    """Which mended gaps this drill put to the test."""

    retested = forms.ModelMultipleChoiceField(
        queryset=Action.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Gaps re-tested in this drill",
    )

    def __init__(self, *args: Any, drill: Drill, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["retested"].queryset = retestable(drill)  # type: ignore[attr-defined]


class ActionForm(forms.Form):
    """A gap, with who mends it by when."""

    title = forms.CharField(max_length=TITLE_MAX, label="Gap", help_text="What went wrong, in one line.")
    cause = forms.CharField(widget=area(2), required=False, max_length=TEXT_MAX, label="Cause")
    severity = forms.ChoiceField(choices=Severity.choices, initial=Severity.MEDIUM, label="Severity")
    owner = forms.ModelChoiceField(queryset=User.objects.none(), label="Owner", help_text="Who mends it.")
    due_on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), label="Due")

    def __init__(self, *args: Any, suggested: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = suggested  # type: ignore[attr-defined]


class AssignForm(ActionForm):
    """Give a gap to somebody else or another day; what it is stays."""

    title = cause = severity = None  # type: ignore[assignment]


class DoneForm(forms.Form):
    how = forms.CharField(widget=area(3), max_length=TEXT_MAX, label="What was done")
