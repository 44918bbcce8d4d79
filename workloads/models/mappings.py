"""How another catalogue's file is read: our column, and where it stands in theirs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from people.columns import NameField
from people.models import User
from workloads.catalogue.mapping import MappingSpec


class ColumnMappingQuerySet(models.QuerySet["ColumnMapping"]):
    def visible_to(self, user: User) -> ColumnMappingQuerySet:
        """One's own, and those that others share."""
        return self.filter(Q(owner=user) | Q(shared=True))


class ColumnMapping(models.Model):
    name = NameField(max_length=80)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    shared = models.BooleanField("everybody who imports may use it", default=False)
    rows = models.CharField("where the list of workloads stands", max_length=200, blank=True)
    paths = models.JSONField("path by column", default=dict)
    constants = models.JSONField("value by column, where the path has none", default=dict)
    translations = models.JSONField("their value to ours, by column", default=dict)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = ColumnMappingQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="mapping_name_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("workloads:change-mapping", args=[self.pk])

    @property
    def choice(self) -> str:
        """As the form of the import sends it."""
        return f"mapping-{self.pk}"

    @property
    def trail_thread(self) -> str:
        return "register"

    @property
    def spec(self) -> MappingSpec:
        return MappingSpec(self.paths, self.rows, self.constants, self.translations)
