"""What the team that owns a workload may do with it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db.models import Model

from people.models import User
from people.permissions import OWNER_TEAM
from workloads.models import Workload


class OwnerTeamBackend(BaseBackend):
    """Answers `user.has_perm("workloads.propose_tier", workload)` for members of the owner team."""

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        if not isinstance(obj, Workload) or not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        return perm in OWNER_TEAM and user_obj.teams.filter(pk=obj.owner_team_id).exists()
