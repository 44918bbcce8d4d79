"""People and roles in the admin. What is changed here passes through the same services, or leaves the same lines."""

from __future__ import annotations

from typing import Any

from allauth.account import admin as account_admin
from allauth.account.decorators import secure_admin_login
from allauth.mfa import admin as mfa_admin
from allauth.socialaccount import admin as social_admin
from allauth.usersessions import admin as sessions_admin
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from audit.kinds import Kind
from people import services
from people.models import ApiToken, Confirmation, Contact, Role, RoleAssignment, Team, User
from people.permissions import Permission
from people.reference_admin import ProvenAdmin, ReadOnlyAdmin, ReferenceAdmin, doer, stored
from people.role_rights import change_rights

# These tables come with admin pages of their libraries: changes there would leave no line in the trail, and rights come
# from roles, not from groups. (The modules are imported above so that their pages exist before they are taken away.)
for _module in (auth_admin, account_admin, mfa_admin, social_admin, sessions_admin):
    for _model in [m for m in admin.site._registry if type(admin.site._registry[m]).__module__ == _module.__name__]:
        admin.site.unregister(_model)


def change_own_password(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    return redirect("account_change_password")


# One door for signing in and one for passwords: the admin's own would pass by the second factor, the limits and the trail.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.password_change = change_own_password  # type: ignore[method-assign,assignment]


@admin.register(Role)
class RoleAdmin(ProvenAdmin, ReferenceAdmin):
    """Roles are shipped: their rights and duties may be changed, but none is added or deleted. Rights wait for a second
    person; the rest changes at once."""

    list_display = ("name", "duties", "position")
    fields = ("name", "duties", "rights", "position")

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        wanted, obj.rights = obj.rights, stored(obj).rights
        super().save_model(request, obj, form, change)
        self.say_waits(request, change_rights(role=obj, rights=wanted, by=doer(request), at=timezone.now()))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Team)
class TeamAdmin(ReferenceAdmin):
    right = Permission.ADD_PEOPLE
    kinds = (Kind.TEAM_ADDED, Kind.TEAM_CHANGED)
    list_display = ("name", "purpose")
    search_fields = ("name",)


@admin.register(Contact)
class ContactAdmin(ReferenceAdmin):
    right = Permission.ADD_PEOPLE
    kinds = (Kind.CONTACT_ADDED, Kind.CONTACT_CHANGED)
    list_display = ("name", "organisation", "kind", "email", "phone")
    list_filter = ("kind",)
    search_fields = ("name", "organisation")


@admin.register(User)
class UserAdmin(ProvenAdmin, ReferenceAdmin):
    """People are never deleted: the record of what they did refers to them. They are deactivated.

    The e-mail address stays as it is once a person is here: who could change it could have a password reset sent to
    himself and sign in her name.
    """

    right = Permission.ADD_PEOPLE
    kinds = (Kind.PERSON_ADDED, Kind.PERSON_CHANGED)
    list_display = ("name", "email", "title", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "teams")
    search_fields = ("name", "email")
    filter_horizontal = ("teams",)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return ("email", "name")
        return ("email", "name", "title", "phone", "time_zone", "teams", "is_active", "is_staff", "last_login")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return ("email", "last_login") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()  # the person sets one through the reset link
            obj.email = obj.email.strip().lower()
            obj.added_by = doer(request)
        elif not obj.is_active and stored(obj).is_active:
            # Her tokens end with it, and nobody locks himself out; the lines are written there.
            services.deactivate_person(person=obj, by=doer(request), at=timezone.now())
            form.trail_before["is_active"] = False
        elif obj.is_active and not stored(obj).is_active:
            services.reactivate_person(person=obj, by=doer(request), at=timezone.now())
            form.trail_before["is_active"] = True
        super().save_model(request, obj, form, change)


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(ReadOnlyAdmin):
    """Roles are given and ended on the page of people, where the rights on workloads follow."""

    right = Permission.VIEW_PEOPLE
    list_display = ("role", "person", "deputy", "workload_id", "from_on", "until_on", "standing", "given_by")
    list_filter = ("role", "standing")
    list_select_related = ("role", "person", "deputy", "given_by")


@admin.register(Confirmation)
class ConfirmationAdmin(ReadOnlyAdmin):
    right = Permission.VIEW_PEOPLE
    list_display = ("title", "deed", "state", "given_by", "given_at", "closed_by", "closed_at")
    list_filter = ("state", "deed")
    list_select_related = ("given_by", "closed_by")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    right = Permission.ADD_PEOPLE
    list_display = ("name", "user", "scope", "machine", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    fields = (
        "name", "user", "prefix", "scope", "machine", "created_at", "expires_at", "last_used_at", "revoked_at", "revoked_by"
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[ApiToken]:
        return super().get_queryset(request).defer("digest")
