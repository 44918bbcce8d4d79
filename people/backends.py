"""Rights held for the whole organisation come from the role assignments in force, asked once per person and request."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import BaseBackend
from django.db.models import Model
from django.utils import timezone

from people.models import RoleAssignment, User, organisation_today

# Who she is and what her roles let her do, for every request: one question, and one that is never put together anew.
_WITH_RIGHTS = """
SELECT u.*, ARRAY(
    SELECT DISTINCT unnest(r.rights) FROM people_roleassignment a JOIN people_role r ON r.key = a.role_id
    WHERE (a.person_id = u.id OR a.deputy_id = u.id) AND a.workload_id IS NULL
      AND a.from_on <= %(today)s AND (a.until_on IS NULL OR a.until_on >= %(today)s)
      AND a.standing IN ('effective', 'unconfirmed')
) AS found_rights
FROM people_user u WHERE u.id = %(user)s
"""


class SignInBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's sign-in. Rights are no business of it: the portal gives none to users or groups directly, so it asks for none."""

    def get_user(self, user_id: Any) -> User | None:
        asked = {"user": user_id, "today": organisation_today(timezone.now())}
        user = next(iter(User.objects.raw(_WITH_RIGHTS, asked)), None)
        if user is None or not self.user_can_authenticate(user):
            return None
        user._role_rights = set(user.found_rights)  # type: ignore[attr-defined]
        return user

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        return set()

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        return False

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return False


class RoleBackend(BaseBackend):
    """Answers `user.has_perm("app.right")`. Nothing is copied into groups: a role that ends at midnight ends at midnight."""

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        if obj is not None or not isinstance(user_obj, User) or not user_obj.is_active:
            return set()
        if not hasattr(user_obj, "_role_rights"):
            held = RoleAssignment.objects.in_force(organisation_today(timezone.now())).of(user_obj)
            of_roles = held.filter(workload_id__isnull=True).order_by().values_list("role__rights", flat=True)
            user_obj._role_rights = {right for rights in of_roles for right in rights}  # type: ignore[attr-defined]
        rights: set[str] = user_obj._role_rights  # type: ignore[attr-defined]
        return rights

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        return perm in self.get_all_permissions(user_obj, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(perm.startswith(f"{app_label}.") for perm in self.get_all_permissions(user_obj))
