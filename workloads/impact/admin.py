"""What is asked in an impact analysis: reference data that an administrator may edit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from people.reference_admin import ReferenceAdmin
from workloads.models import ImpactAnswer, ImpactCategory, ImpactPoint


class AskedAdmin(ReferenceAdmin):
    """What has been answered stays: deleting it would change what analyses say."""

    asks = ""

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """One sentence for each that has answers, instead of thousands of them."""
        gone, counts, needed, protected = super().get_deleted_objects(objs, request)  # type: ignore[arg-type]
        if not protected:
            return gone, counts, needed, protected
        answers = ImpactAnswer.objects.filter(**{f"{self.asks}__in": list(objs)})
        where = answers.values("analysis").distinct().count()
        said = f"{answers.count()} answers in {where} impact analyses. What has been answered cannot be deleted."
        return gone, counts, needed, [said]


@admin.register(ImpactCategory)
class ImpactCategoryAdmin(AskedAdmin):
    asks = "category"
    list_display = ("position", "name", "question", "has_amount")
    list_display_links = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("key",) if obj is not None else ()


@admin.register(ImpactPoint)
class ImpactPointAdmin(AskedAdmin):
    asks = "point"
    list_display = ("seconds",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # another duration is another question: add it, and delete this one while it has no answers
