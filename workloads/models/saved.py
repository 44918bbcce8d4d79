"""Views of the register that somebody keeps, for herself or for all."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from people.columns import NameField
from people.models import User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> SavedViewQuerySet:
        """One's own, and what others share. A view is a question; who asks it sees only what she may see."""
        return self.filter(Q(owner=user) | Q(is_shared=True))


class SavedView(models.Model):
    """A question to the register under a name; `query` is its address without the page."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = NameField(max_length=60)
    query = models.CharField(max_length=1000)
    is_shared = models.BooleanField("shared with everybody", default=False)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        default_permissions = ()
        permissions = [
            ("share_view", "Share views of the register with everybody"),
            ("take_back_view", "Take back views that others share"),
        ]
        constraints = [models.UniqueConstraint("owner", Lower("name"), name="saved_view_name_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('workloads:list')}?{self.query}"

    @property
    def trail_thread(self) -> str:
        return f"view:{self.pk}"
