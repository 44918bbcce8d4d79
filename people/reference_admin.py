"""Bases for the admin pages of all rooms: reference data that may be changed, and records that may not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, TypeVar

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from audit.kinds import Kind
from audit.read_only_admin import DeclaredLookups, ModelAdmin, ReadOnlyAdmin
from audit.services import difference, record
from people.models import Confirmation, User
from people.permissions import Permission
from people.reauthentication import proof_from

__all__ = ["ConfirmedAdmin", "ProvenAdmin", "ReadOnlyAdmin", "ReferenceAdmin"]

Row = TypeVar("Row", bound=models.Model)


class ProvenAdmin(ModelAdmin):
    """Edits of who may do what ask the administrator to show anew that it is she, before the form opens."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self._prove(request)
        return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self._prove(request)
        return super().delete_view(request, *args, **kwargs)

    def say_waits(self, request: HttpRequest, confirmation: Confirmation | None) -> None:
        """What was asked for by an edit has not changed yet, and where it waits."""
        if confirmation is not None:
            address = reverse("people:confirmation", args=[confirmation.pk])
            text = '{}: not changed yet, <a href="{}">a second person has to confirm it</a>.'
            messages.warning(request, format_html(text, confirmation.title, address))

    def _prove(self, request: HttpRequest) -> None:
        if self.has_change_permission(request) and proof_from(request) is None:
            raise ReauthenticationRequired


class ReferenceAdmin(DeclaredLookups):
    """Reference data. Every save and deletion writes its line into the trail, in the transaction of the change.

    `right` is who may. `kinds` names the lines of adding and of changing or deleting.
    """

    right = Permission.CONFIGURE
    kinds = (Kind.REFERENCE_CHANGED, Kind.REFERENCE_CHANGED)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = request.user
        return isinstance(user, User) and user.is_active and user.is_staff and user.may(self.right)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """The first step of saving. The row as it is stored now is what the trail calls "before"."""
        form.trail_before = snapshot(stored(form.instance)) if change else {}
        return super().save_form(request, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The last step of saving: only now are the many-to-many values there."""
        super().save_related(request, form, formsets, change)
        before, after = difference(form.trail_before, snapshot(form.instance))
        if change and not after:
            return
        added, changed = self.kinds
        kind = changed if change else added
        record(kind, form.instance, by=doer(request), at=timezone.now(), before=before if change else {}, after=after)

    def delete_model(self, request: HttpRequest, obj: Row) -> None:
        doer(request).require(self.right)
        with transaction.atomic():
            before = snapshot(obj)
            record(self.kinds[1], obj, by=doer(request), at=timezone.now(), before=before, after={"deleted": True})
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Row]) -> None:
        with transaction.atomic():
            for obj in queryset:
                self.delete_model(request, obj)


class ConfirmedAdmin(ProvenAdmin, ReferenceAdmin):
    """Reference data whose edits wait for a second person: saving asks for it, and nothing changes here.

    `ask_for` calls the service that asks; rows are edited one by one, because each is confirmed by itself.
    """

    actions = None

    def ask_for(self, obj: Any, *, by: User, at: dt.datetime, remove: bool) -> Confirmation | None:
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self._ask(request, obj, remove=False)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing was saved."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._ask(request, obj, remove=True)

    def _ask(self, request: HttpRequest, obj: Any, *, remove: bool) -> None:
        confirmation = self.ask_for(obj, by=doer(request), at=timezone.now(), remove=remove)
        if confirmation is None:
            messages.info(request, "Nothing differs, so nothing was asked for.")
            return
        self.say_waits(request, confirmation)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The trail has it."""

    log_change = log_addition

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """The trail has it."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return redirect(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_changelist")

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self.response_add(request, obj)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


def doer(request: HttpRequest) -> User:
    """Who is signed in. Raises TypeError for nobody, who never gets as far."""
    if not isinstance(request.user, User):
        raise TypeError("nobody is signed in")
    return request.user


def stored(obj: Row) -> Row:
    """The row as the database has it, whatever a form has already done to `obj`."""
    return type(obj)._base_manager.get(pk=obj.pk)


def snapshot(obj: models.Model) -> dict[str, Any]:
    """The values of a row for the trail, by field; of many-to-many fields the names. Never a password or another secret."""
    meta = obj._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key and field.name not in SECRET_FIELDS]
    values = {field.name: _exact(getattr(obj, field.name)) for field in fields}
    return values | {field.name: _names(getattr(obj, field.name).all()) for field in meta.many_to_many}


SECRET_FIELDS = frozenset({"password", "last_login"})


def _names(rows: Iterable[models.Model]) -> list[str]:
    return sorted(str(row) for row in rows)


def _exact(value: Any) -> Any:
    """Fractions and durations go into the trail as texts."""
    return str(value) if isinstance(value, float) or hasattr(value, "total_seconds") else value
