"""Whose workloads: a person's few are named by their numbers, many are asked for row by row.

Either way a list costs what she has, and not what the register holds.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet, Subquery, Value

from people.models import RoleAssignment, User
from people.permissions import Permission
from workloads.models import Workload, WorkloadQuerySet, WorkloadUserObjectPermission

FEW = 1_000
# Each part is read from an index up to the limit: whoever has more than that has many, whatever else she has.
_PARTS = """
WITH owned AS (
    SELECT w.id FROM people_user_teams t CROSS JOIN LATERAL (
        SELECT id FROM workloads_workload WHERE owner_team_id = t.team_id ORDER BY name LIMIT %(most)s) w
    WHERE t.user_id = %(user)s LIMIT %(most)s
),
held AS (
    (SELECT DISTINCT workload_id AS id FROM people_roleassignment
     WHERE person_id = %(user)s AND workload_id IS NOT NULL AND from_on <= %(on)s AND (until_on IS NULL OR until_on >= %(on)s)
       AND standing IN ('effective', 'unconfirmed')
     ORDER BY workload_id LIMIT %(most)s)
    UNION ALL
    (SELECT DISTINCT workload_id FROM people_roleassignment
     WHERE deputy_id = %(user)s AND workload_id IS NOT NULL AND from_on <= %(on)s AND (until_on IS NULL OR until_on >= %(on)s)
       AND standing IN ('effective', 'unconfirmed')
     ORDER BY workload_id LIMIT %(most)s)
),
granted AS (
    (SELECT id FROM workloads_workload WHERE NOT %(everything)s AND is_shared LIMIT %(most)s)
    UNION ALL
    (SELECT o.content_object_id FROM workloads_workloaduserobjectpermission o
    WHERE NOT %(everything)s AND o.user_id = %(user)s AND o.permission_id = (
        SELECT p.id FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id
        WHERE c.app_label = 'workloads' AND c.model = 'workload' AND p.codename = 'view_workload')
    LIMIT %(most)s)
)
SELECT ARRAY(SELECT id FROM owned UNION SELECT id FROM held LIMIT %(most)s),
    ARRAY(SELECT id FROM owned WHERE NOT %(everything)s UNION SELECT id FROM granted LIMIT %(most)s)
"""


@dataclass(frozen=True)
class Reach:
    """The numbers of the workloads that are hers and of those she may see; None where they are many, or all."""

    user: User
    on: dt.date
    owned: tuple[int, ...] | None
    visible: tuple[int, ...] | None
    sees_all: bool

    @property
    def seen(self) -> WorkloadQuerySet:
        """The same as `Workload.objects.visible_to`."""
        if self.sees_all:
            return Workload.objects.all()
        if self.visible is not None:
            return Workload.objects.filter(pk__in=self.visible)
        granted = WorkloadUserObjectPermission.objects.filter(
            user=self.user, content_object=OuterRef("pk"),
            permission__codename="view_workload", permission__content_type__app_label="workloads",
        )  # fmt: skip
        return Workload.objects.filter(self._of_teams | Q(Exists(granted)) | Q(is_shared=True))

    @property
    def mine(self) -> Q:
        """Of her teams, or with a role that she holds today."""
        if self.owned is not None:
            return Q(pk__in=self.owned)
        held = RoleAssignment.objects.in_force(self.on).of(self.user).filter(workload_id=OuterRef("pk"))
        return self._of_teams | Q(_found(held))

    @property
    def _of_teams(self) -> Q:
        return Q(owner_team__in=User.teams.through.objects.filter(user_id=self.user.pk).values("team"))


def _found(rows: QuerySet[Any]) -> Subquery:
    """Whether there is a row, asked for each workload: PostgreSQL would gather all rows for EXISTS first."""
    return Subquery(rows.order_by().values(one=Value(True))[:1], output_field=BooleanField())


def reach_of(user: User, on: dt.date) -> Reach:
    """One query, whoever she is."""
    sees_all = user.may(Permission.VIEW_WORKLOADS)
    with connection.cursor() as cursor:
        cursor.execute(_PARTS, {"user": user.pk, "on": on, "most": FEW + 1, "everything": sees_all})
        owned, visible = (tuple(numbers) if len(numbers) <= FEW else None for numbers in cursor.fetchone())
    return Reach(user, on, owned, visible, sees_all)
