"""How forms look: label, what to correct, control, hint; the same for every form of every app.

`FORM_RENDERER` names this renderer, so apps write plain Django forms and say `{{ form }}` or `{{ field.as_field_group }}`.
The look lives in `templates/django/forms/`.
"""

from __future__ import annotations

from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest

CHECKS = frozenset({"checkbox", "radio"})
BARE = frozenset({"hidden", "submit", "image", "range", "color"})


class Renderer(TemplatesSetting):
    """Django's renderer that reads the project's templates; it also gives each control its class."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if isinstance(context.get("widget"), dict):
            dress(context["widget"])
        return str(super().render(template_name, context, request))


def dress(widget: dict[str, Any]) -> None:
    """Add the control's class to what the widget's author gave it; parts and options of a widget are dressed too."""
    for part in widget.get("subwidgets") or ():
        dress(part)
    template_name, kind = str(widget.get("template_name", "")), widget.get("type")
    if template_name.endswith(("/radio.html", "/checkbox_select.html")):
        for _, options, _ in widget["optgroups"]:
            for option in options:
                _add_class(option, "form-check-input")
    elif kind in CHECKS:
        _add_class(widget, "form-check-input")
    elif template_name.endswith("/select.html"):
        _add_class(widget, "form-select")
    elif template_name.endswith("/textarea.html") or (kind and kind not in BARE and "subwidgets" not in widget):
        _add_class(widget, "form-control")


def _add_class(widget: dict[str, Any], name: str) -> None:
    attrs = widget["attrs"]
    if name not in str(attrs.get("class", "")).split():
        attrs["class"] = f"{attrs.get('class', '')} {name}".strip()
