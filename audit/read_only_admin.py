"""Pages of the admin that only show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin  # takes no type arguments at run time


# What a filter of the admin's lists may append to its field.
FILTER_LOOKUPS = frozenset({"exact", "isnull", "in", "gte", "gt", "lte", "lt"})


class DeclaredLookups(ModelAdmin):
    """Only what `list_filter` names can be looked up in the address. Django lets every column of the table itself be asked by
    any lookup, and the answers (`?password__startswith=…`) would give away what is shown nowhere."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        for declared in self.get_list_filter(request):
            name = str(declared[0] if isinstance(declared, (list, tuple)) else declared)
            rest = lookup.removeprefix(name)
            parts = [part for part in rest.split("__") if part]
            related = self.model._meta.get_field(name).related_model
            if related is not None and parts[:1] == [related._meta.pk.name]:
                parts = parts[1:]
            if (
                lookup.startswith(name)
                and rest[:2] in ("", "__")
                and len(parts) <= 1
                and FILTER_LOOKUPS.issuperset(parts)
            ):
                return True
        return False


class ReadOnlyAdmin(DeclaredLookups):
    """For signed and historical records: nobody adds, changes or deletes here, superusers neither. `right` is who may look."""

    right = ""
    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.right) and request.user.has_perm(str(self.right))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
