"""What people write about flows, components and failure modes."""

from __future__ import annotations

from typing import Any

from django import forms

from people.fields import DurationField
from people.models import User
from workloads.dependencies.queries import name_needs
from workloads.models import (
    Component,
    Dependency,
    Detection,
    Effect,
    FailureCategory,
    FailureMode,
    Likelihood,
    UserFlow,
    Workload,
)


def _lines(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ComponentForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="As the people who run it call it: Claims database, Photo queue.")
    kind = forms.CharField(
        label="What it is", max_length=60, required=False, help_text="Application, database, queue, job, interface."
    )
    note = forms.CharField(max_length=2000, required=False, widget=_lines(2))

    @staticmethod
    def described(component: Component) -> dict[str, Any]:
        return {name: getattr(component, name) for name in ComponentForm.base_fields}


class RegisterForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="Unique in the register, so name the workload too where it helps.")
    purpose = forms.CharField(
        max_length=2000,
        widget=_lines(3),
        help_text="What it does and what stops without it. The signers of its target see this.",
    )
    reference = forms.CharField(
        label="External reference", max_length=80, required=False, help_text="Its number in another register."
    )
    same_roles = forms.BooleanField(
        label="The same people hold the same roles for it",
        required=False,
        initial=True,
        help_text="Business stakeholder, workload team and the others, with their deputies; each of them is told. "
        "Without it nobody holds a role for it yet.",
    )


class FlowForm(forms.Form):
    """A user flow. Its components and dependencies are chosen among those of the workload."""

    name = forms.CharField(max_length=120, help_text="What somebody does: Report a loss by phone.")
    is_critical = forms.BooleanField(
        label="Critical",
        required=False,
        help_text="The business cannot do without it for as long as the workload's RTO.",
    )
    what = forms.CharField(label="What it does", max_length=2000, widget=_lines(2))
    relied_on_by = forms.CharField(
        label="Who relies on it",
        max_length=2000,
        required=False,
        widget=_lines(2),
        help_text="People, teams, partners; how many.",
    )
    when_down = forms.CharField(
        label="What happens when it is down", max_length=2000, required=False, widget=_lines(2),
        help_text="And how people bridge it: paper form, phone, waiting.",
    )  # fmt: skip
    rto_seconds = DurationField(
        label="Own RTO", required=False, help_text="Only where it differs from the workload's target: 15 min, 4 h."
    )
    rpo_seconds = DurationField(label="Own RPO", required=False, help_text="Only where it differs.")
    components = forms.ModelMultipleChoiceField(
        Component.objects.none(), label="Components it uses", required=False, widget=forms.CheckboxSelectMultiple
    )
    dependencies = forms.ModelMultipleChoiceField(
        Dependency.objects.none(), label="Dependencies it uses", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, workload: Workload, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needs: Any = self.fields["dependencies"]
        parts: Any = self.fields["components"]
        needs.queryset = workload.dependencies.select_related("needs", "third_party")
        said = {need.pk: need.said for need in name_needs(needs.queryset, user)}
        needs.label_from_instance = lambda dependency: said.get(dependency.pk, "")
        parts.queryset = workload.components.all()
        for name, things in (("components", workload.components), ("dependencies", workload.dependencies)):
            if not things.exists():
                del self.fields[name]

    @staticmethod
    def described(flow: UserFlow) -> dict[str, Any]:
        many = {name: list(getattr(flow, name).all()) for name in ("components", "dependencies")}
        return {name: getattr(flow, name) for name in FlowForm.base_fields if name not in many} | many


class FailureModeForm(forms.Form):
    """One way in which the workload fails. Its priority follows from the three choices in the middle."""

    what = forms.CharField(
        label="What fails", max_length=200, help_text="In a few words: Disk of the database fills up."
    )
    component = forms.ModelChoiceField(Component.objects.none(), required=False, empty_label="the workload as a whole")
    category = forms.ChoiceField(
        label="Kind of failure", choices=FailureCategory.choices, widget=forms.RadioSelect,
        help_text="Shared fate: it falls with something beside it. Single point of failure: nothing takes over.",
    )  # fmt: skip
    effect = forms.CharField(
        label="What follows", max_length=2000, widget=_lines(2), help_text="For whom, and how soon."
    )
    severity = forms.TypedChoiceField(label="How bad", choices=Effect.choices, coerce=int, widget=forms.RadioSelect)
    likelihood = forms.TypedChoiceField(
        label="How likely", choices=Likelihood.choices, coerce=int, widget=forms.RadioSelect
    )
    noticed = forms.TypedChoiceField(
        label="How it is noticed", choices=Detection.choices, coerce=int, widget=forms.RadioSelect
    )
    detection = forms.CharField(
        label="By what it is noticed",
        max_length=2000,
        required=False,
        widget=_lines(2),
        help_text="The alarm, the probe, the caller.",
    )
    mitigation = forms.CharField(label="What softens or prevents it", max_length=2000, required=False, widget=_lines(2))
    flows = forms.ModelMultipleChoiceField(
        UserFlow.objects.none(), label="User flows it hits", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, workload: Workload, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, things in (("component", workload.components), ("flows", workload.flows)):
            field: Any = self.fields[name]
            field.queryset = things.all()
            if not things.exists():
                del self.fields[name]

    @staticmethod
    def described(mode: FailureMode) -> dict[str, Any]:
        said = {name: getattr(mode, name) for name in FailureModeForm.base_fields if name != "flows"}
        return said | {"flows": list(mode.flows.all())}
