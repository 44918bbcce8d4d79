"""Words that names in the register are made of, so that a typing mistake finds the word that was meant."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Left


class Word(models.Model):
    """Laid down by triggers on workloads and user flows, never written from here, never taken away.

    A word can be here twice: two who bring it at once do not wait for each other.
    """

    word = models.CharField(max_length=40)

    class Meta:
        default_permissions = ()
        indexes = [
            GinIndex(OpClass("word", name="gin_trgm_ops"), name="word_like"),
            models.Index(fields=["word"], name="word_same"),
            models.Index(Left("word", 1), name="word_begins"),
        ]

    def __str__(self) -> str:
        return self.word
