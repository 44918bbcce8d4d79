"""What a kept view is called, and who has it."""

from __future__ import annotations

from typing import Any

from django import forms


class ViewForm(forms.Form):
    name = forms.CharField(label="Name of the view", max_length=60, help_text="It becomes a tab above the register.")
    is_shared = forms.BooleanField(
        label="Share it with everybody",
        required=False,
        help_text="Everybody reads its name and filters; each sees only the workloads that she may see.",
    )

    def __init__(self, *args: Any, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_share:
            del self.fields["is_shared"]
