from __future__ import annotations

import uuid

from django.db import models


class IdempotentAnswer(models.Model):
    """The answer that was given to a request with an Idempotency-Key; kept for two days."""

    key = models.CharField(max_length=240, primary_key=True)
    mark = models.UUIDField(default=uuid.uuid4)
    asked = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    content_type = models.CharField(max_length=120, blank=True)
    body = models.BinaryField(default=b"")
    kept_until = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key
