"""What people write about workloads and their targets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from audit.errors import Invalid
from people.fields import DurationField
from people.models import Role, Team, User
from workloads.impact.suggestion import Suggestion
from workloads.impact.targets import differs_problems
from workloads.models import Classification, Lifecycle, Tier, Workload
from workloads.queries import teams_named_to
from workloads.register.rows import TAG_LENGTH, TAGS_MAX
from workloads.services import target_problems
from workloads.signing import percent


def show_refusal(form: forms.BaseForm, error: Invalid) -> None:
    """Put what a service would not accept beside the fields it is about; the entries stay."""
    for name, message in (error.fields or {"": error.message}).items():
        form.add_error(name if name in form.fields else None, message)


class TagsField(forms.CharField):
    """Words separated by commas; the value is a list without repetitions."""

    def clean(self, value: Any) -> Any:
        said = super().clean(value)
        tags = list(dict.fromkeys(tag for part in said.split(",") if (tag := " ".join(part.split()))))
        if any(len(tag) > TAG_LENGTH for tag in tags):
            raise ValidationError(f"Write tags of at most {TAG_LENGTH} characters, separated by commas.")
        if len(tags) > TAGS_MAX:
            raise ValidationError(f"Write at most {TAGS_MAX} tags.")
        return tags

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value


class WorkloadForm(forms.Form):
    """How a workload is described."""

    name = forms.CharField(max_length=120)
    purpose = forms.CharField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it does, who relies on it, what happens when it is down. The signers of its target see this.",
    )
    owner_team = forms.ModelChoiceField(
        Team.objects.none(), empty_label="Choose a team", help_text="Its members may change and classify it."
    )
    business_unit = forms.CharField(max_length=120, required=False)
    reference = forms.CharField(
        label="External reference", max_length=80, required=False, help_text="Its number in another register."
    )
    lifecycle = forms.ChoiceField(choices=Lifecycle.choices, initial=Lifecycle.LIVE)
    tags = TagsField(max_length=900, required=False, help_text="Separated by commas: money, customers")
    own_rto_seconds = DurationField(
        label="Own recovery time",
        required=False,
        help_text="How long this workload itself takes to come back once everything it waits for is there. An estimate; "
        "empty: nobody knows, and its whole RTO is added to what it waits for.",
    )
    is_shared = forms.BooleanField(
        label="Shared service",
        required=False,
        help_text="Other teams build on it: everybody who signs in may see it, and say that their workload needs it.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.fields["owner_team"]
        if isinstance(team, forms.ModelChoiceField):
            team.queryset = teams_named_to(user)

    @staticmethod
    def described(workload: Workload) -> dict[str, Any]:
        return {name: getattr(workload, name) for name in WorkloadForm.base_fields}


class PercentField(forms.DecimalField):
    """A percentage: "99.95", "99,95" and "99.95 %" are the same."""

    def clean(self, value: Any) -> Any:
        return super().clean(value.replace("%", "").replace(",", ".").strip() if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        return percent(value) if isinstance(value, Decimal) else value


class SendForm(forms.Form):
    """What is asked when a draft is sent and differs from what the impact analysis suggests by now."""

    differs_reason = forms.CharField(
        label="Why other than the impact analysis suggests",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The signers see it in the document, on their page and in their message.",
    )

    def __init__(self, *args: Any, is_needed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["differs_reason"].required = is_needed


class TargetForm(forms.Form):
    """A tier with its targets. What the tier allows, the service says, whatever else is wrong."""

    tier = forms.ModelChoiceField(
        Tier.objects.all(), empty_label=None, error_messages={"required": "Choose one of the tiers."}
    )
    slo = PercentField(
        label="SLO, percent of the time",
        max_digits=7,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        max_value=100,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={"invalid": "Write a percentage, for example 99.95."},
    )
    rto = DurationField(label="RTO, longest downtime")
    rpo = DurationField(label="RPO, longest data loss")
    reason = forms.CharField(
        label="Why the business needs this",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What an outage costs after an hour, a day, and whom. The signers read it.",
        error_messages={"required": "Write why the business needs this: what an outage costs, and whom."},
    )
    looser_reason = forms.CharField(
        label="Reason for a looser target",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Only when a target is looser than the tier allows. The signers see it next to the target.",
    )
    differs_reason = forms.CharField(
        label="Why other than the impact analysis suggests",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Stricter costs more, looser risks more: the signers see why.",
    )

    def __init__(self, *args: Any, suggested: Suggestion | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.suggested = suggested
        if suggested is None:
            del self.fields["differs_reason"]

    def clean(self) -> None:
        read = {name: self.cleaned_data.get(name) for name in ("slo", "reason", "looser_reason")}
        seconds = {f"{name}_seconds": self.cleaned_data.get(name) for name in ("rto", "rpo")}
        if tier := self.cleaned_data.get("tier"):
            for name, problem in target_problems(tier, **read, **seconds).items():
                self.add_error(name, problem)
            self._differs(tier)

    def _differs(self, tier: Tier) -> None:
        rto, rpo = (self.cleaned_data.get(name) for name in ("rto", "rpo"))
        if rto is None or rpo is None:
            return  # what could not be read is not called other
        reason = self.cleaned_data.get("differs_reason", "")
        for name, problem in differs_problems(self.suggested, tier, rto, rpo, reason).items():
            self.add_error(name, problem)

    @property
    def deed(self) -> dict[str, Any]:
        """What `propose` and `change_proposal` take."""
        values = dict(self.cleaned_data)
        return values | {"rto_seconds": values.pop("rto"), "rpo_seconds": values.pop("rpo")}

    @staticmethod
    def of_target(target: Classification) -> dict[str, Any]:
        return {
            "tier": target.tier_id,
            "slo": target.slo,
            "rto": target.rto_seconds,
            "rpo": target.rpo_seconds,
            "reason": target.reason,
            "looser_reason": target.looser_reason,
            "differs_reason": target.differs_reason,
        }

    @staticmethod
    def of_suggestion(suggested: Suggestion) -> dict[str, Any]:
        """What the impact analysis asks for, with the floor of its tier and what decided as the reason."""
        tier = Tier.objects.filter(pk=suggested.tier).first()
        slo = tier.slo_floor if tier is not None and tier.slo_floor is not None else ""
        values = {"tier": suggested.tier, "slo": slo, "rto": suggested.rto_seconds, "rpo": suggested.rpo_seconds}
        return values | {"reason": suggested.because}

    @staticmethod
    def of_tier(tier: Tier) -> dict[str, Any]:
        """What the tier allows at most; without a floor the SLO stays open."""
        slo = tier.slo_floor if tier.slo_floor is not None else ""
        return {"tier": tier.pk, "slo": slo, "rto": tier.rto_seconds, "rpo": tier.rpo_seconds}


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AssignForm(forms.Form):
    """A role for one workload, from a day to a day."""

    role = forms.ModelChoiceField(Role.objects.all(), empty_label="Choose a role")
    person = forms.ModelChoiceField(User.objects.filter(is_active=True), required=False, empty_label="vacant")
    deputy = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        required=False,
        empty_label="no deputy",
        help_text="Acts when the person cannot, and alone while the role is vacant.",
    )
    from_on = forms.DateField(label="From", widget=_day_input())
    until_on = forms.DateField(
        label="Until", required=False, widget=_day_input(), help_text="The last day; empty: open."
    )
    reason = forms.CharField(
        label="Why",
        required=False,
        max_length=300,
        help_text="Needed where it began yesterday. Whoever confirms it reads it.",
    )


class EndRoleForm(forms.Form):
    last_day = forms.DateField(label="Last day", widget=_day_input())
