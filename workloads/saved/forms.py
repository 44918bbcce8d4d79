"""What a kept view is called, and who has it."""

from __future__ import annotations

from django import forms


class ViewForm(forms.Form):
    name = forms.CharField(label="Name of the view", max_length=60, help_text="It becomes a tab above the register.")
    is_shared = forms.BooleanField(
        label="Share it with everybody",
        required=False,
        help_text="Each sees only the workloads that she may see.",
    )
