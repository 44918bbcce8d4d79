from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from guardian.mixins import GuardianUserMixin

from audit.errors import NotAllowed
from audit.kinds import Kind
from audit.states import Move, Stateful
from people.columns import AddressField, NameField
from people.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def organisation_today(at: dt.datetime) -> dt.date:
    """The calendar day of the organisation at this moment; role assignments and quarters are read by it."""
    return at.astimezone(zoneinfo.ZoneInfo(settings.ORGANISATION_TIME_ZONE)).date()


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is not a time zone. Write one like “Europe/Oslo”.")


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: User) -> UserQuerySet:
        """Everybody for who may see people; otherwise oneself, one's teams, and whoever holds a role today."""
        if user.may(Permission.VIEW_PEOPLE):
            return self
        in_force = RoleAssignment.objects.in_force(organisation_today(timezone.now()))
        return self.filter(
            Q(pk=user.pk)
            | Q(pk__in=User.teams.through.objects.filter(team__in=user.teams.order_by().values("pk")).values("user"))
            | Q(pk__in=in_force.order_by().values("person"))
            | Q(pk__in=in_force.order_by().values("deputy"))
        )


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, user: User) -> UserQuerySet:
        return self.get_queryset().visible_to(user)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Add a person who can sign in. No trail line: `people.services.add_person` is the deed."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class Team(models.Model):
    name = NameField(max_length=120, unique=True)
    purpose = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Theme(models.TextChoices):
    SYSTEM = "", "As my device"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Mailing(models.TextChoices):
    AT_ONCE = "at-once", "Each message at once"
    DAILY = "daily", "One message a day, in the morning"


class User(GuardianUserMixin, AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail."""

    email = AddressField("e-mail")
    name = NameField(max_length=120)
    title = NameField("job title", max_length=120, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    teams = models.ManyToManyField(Team, related_name="members", blank=True)
    time_zone = models.CharField(max_length=60, default="Europe/Oslo", validators=[validate_time_zone])
    theme = models.CharField(max_length=10, choices=Theme.choices, blank=True, default=Theme.SYSTEM)
    mailing = models.CharField(max_length=10, choices=Mailing.choices, default=Mailing.AT_ONCE)
    is_staff = models.BooleanField("may open the admin site", default=False)
    is_active = models.BooleanField("may sign in", default=True)
    added_at = models.DateTimeField(default=timezone.now)
    # Who cannot confirm anything for whom (people.confirmations); null: the owner of the machine, or before this was noted.
    added_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, editable=False, related_name="+")

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ["name", "id"]
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]
        permissions = [
            ("assign_role", "Give roles and end them"),
            ("issue_machine_token", "Issue machine tokens"),
            ("configure", "Change reference data"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def trail_thread(self) -> str:
        return f"person:{self.pk}"

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def may(self, permission: Permission, on: models.Model | None = None) -> bool:
        """Whether this person has the right, for the whole organisation or on this one workload."""
        return self.has_perm(permission.value) or (on is not None and self.has_perm(permission.value, on))

    def require(self, permission: Permission, on: models.Model | None = None) -> None:
        """First line of every service. Raises NotAllowed."""
        if not self.is_active or not self.may(permission, on):
            what = f"{permission.label[0].lower()}{permission.label[1:]}"
            raise NotAllowed(f"Your roles do not include the right to {what}. Ask the head of operations for it.")


class ContactKind(models.TextChoices):
    VENDOR = "vendor", "Vendor"
    EMERGENCY = "emergency", "Emergency service"
    REGULATOR = "regulator", "Regulator"
    OTHER = "other", "Other"


class Contact(models.Model):
    """Somebody who never signs in but belongs into the contact matrix."""

    name = NameField(max_length=120)
    organisation = NameField(max_length=120, blank=True)
    kind = models.CharField(max_length=12, choices=ContactKind.choices)
    email = AddressField("e-mail", blank=True)
    phone = models.CharField(max_length=40, blank=True)
    note = models.CharField("what for", max_length=300, blank=True)

    class Meta:
        ordering = ["kind", "organisation", "name"]
        constraints = [
            models.CheckConstraint(condition=~Q(email="") | ~Q(phone=""), name="contact_can_be_reached"),
            models.UniqueConstraint(fields=["name", "organisation"], name="contact_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.organisation}" if self.organisation else self.name


class Role(models.Model):
    """A job description with its rights; shipped from `people.permissions.SHIPPED_ROLES`, edited in the admin."""

    key = models.SlugField(max_length=40, primary_key=True)
    name = NameField(max_length=80, unique=True)
    duties = models.TextField()
    rights = ArrayField(models.CharField(max_length=60, choices=Permission.choices), default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return self.name


class ConfirmationQuerySet(models.QuerySet["Confirmation"]):
    def waiting(self) -> ConfirmationQuerySet:
        return self.filter(state=Confirmation.State.WAITING)

    def for_user(self, user: User, at: dt.datetime) -> ConfirmationQuerySet:
        """What waits and this person may confirm: she may assign roles, did not give it, receives nothing by it, and in the last
        30 days neither she nor the giver made the account of the other, or gave the other a guarded role."""
        if not user.is_active or not user.may(Permission.ASSIGN_ROLES):
            return self.none()
        since = at - TRUSTED_AFTER
        recent = RoleAssignment.objects.given().filter(confirmation__isnull=False, given_at__gt=since).order_by()
        owed, gifts = recent.of(user).filter(given_by__isnull=False), recent.filter(given_by=user)
        givers = Q(given_by=user) | Q(given_by__in=owed.values("given_by"))
        for side in ("person", "deputy"):
            givers |= Q(given_by__in=gifts.filter(**{f"{side}__isnull": False}).values(side))
        givers |= Q(
            given_by__in=User.objects.get_queryset().filter(added_by=user, added_at__gt=since).order_by().values("pk")
        )
        if user.added_by_id is not None and user.added_at > since:
            givers |= Q(given_by=user.added_by_id)
        return self.waiting().exclude(receivers__contains=[user.pk]).exclude(givers)


# For so long nobody confirms what was given by who made her account, or gave her a guarded role.
TRUSTED_AFTER = dt.timedelta(days=30)


class Confirmation(Stateful):
    """A deed about rights that a second person has to confirm: guarded roles that were given, or an edit that waits.

    Roles refer to the deed in which they were given; what an edit will do stands in `change`, read by the room that
    registered its `deed` (people/confirmations.py).
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for a second person"
        CONFIRMED = "confirmed", "Confirmed"
        REFUSED = "refused", "Not confirmed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    MOVES: ClassVar[Mapping[str, Move]] = {
        "confirm": Move((State.WAITING,), State.CONFIRMED, Kind.CONFIRMATION_CONFIRMED),
        "refuse": Move((State.WAITING,), State.REFUSED, Kind.CONFIRMATION_REFUSED),
        "withdraw": Move((State.WAITING,), State.WITHDRAWN, Kind.CONFIRMATION_WITHDRAWN),
    }

    deed = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    reason = models.CharField(max_length=500, blank=True)
    change = models.JSONField(default=dict)
    # Numbers of the people who get something by it; none of them confirms it.
    receivers = ArrayField(models.BigIntegerField(), default=list)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    closed_at = models.DateTimeField(null=True)
    # Null although closed: by the owner of the machine, with a command.
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    closing_reason = models.TextField(blank=True)

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        ordering = ["-given_at", "-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", closed_at__isnull=True, closed_by__isnull=True)
                | (~Q(state="waiting") & Q(closed_at__isnull=False)),
                name="confirmation_closed_at_by",
            ),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True) | ~Q(state="confirmed") | ~Q(closed_by=F("given_by")),
                name="confirmation_by_another",
            ),
        ]
        indexes = [models.Index(fields=["state", "-given_at"], name="confirmation_waiting")]

    def __str__(self) -> str:
        return self.title

    @property
    def trail_thread(self) -> str:
        return f"confirmation:{self.pk}"


class Standing(models.TextChoices):
    WAITING = "waiting", "Waits for a second person"
    UNCONFIRMED = "unconfirmed", "In effect, unconfirmed"
    EFFECTIVE = "effective", "In effect"
    REFUSED = "refused", "Not confirmed"
    CANCELLED = "cancelled", "Given by mistake"


IN_EFFECT = (Standing.EFFECTIVE, Standing.UNCONFIRMED)
GIVEN = (*IN_EFFECT, Standing.WAITING)  # everything but what came to nothing


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def given(self) -> RoleAssignmentQuerySet:
        """Without those that came to nothing: refused, or given by mistake."""
        return self.filter(standing__in=GIVEN)

    def in_force(self, on: dt.date) -> RoleAssignmentQuerySet:
        """Assignments that hold on this day of the organisation, both ends included; none that still waits."""
        held = Q(until_on__isnull=True) | Q(until_on__gte=on)
        return self.filter(held, from_on__lte=on, standing__in=IN_EFFECT)

    def of(self, user: User) -> RoleAssignmentQuerySet:
        """What this person holds, as holder or as deputy."""
        return self.filter(Q(person=user) | Q(deputy=user))

    def for_roles(self, roles: Collection[str], *, workload_id: int | None) -> RoleAssignmentQuerySet:
        return self.filter(role__in=roles, workload_id=workload_id)


class RoleAssignment(models.Model):
    """A role held by a person and a deputy, for the organisation or for one workload, from a day to a day (both included).

    Without a person the deputy acts. `workload_id` is a plain number here: people do not know workloads; the foreign key is
    laid by a migration of that room, so that the database still keeps it true.
    """

    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="assignments")
    workload_id = models.BigIntegerField("for workload", null=True, blank=True)
    # Both without an index of their own: those below begin with them.
    person = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="held_roles", db_index=False
    )
    deputy = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="deputised_roles", db_index=False
    )
    from_on = models.DateField("from")
    until_on = models.DateField("until", null=True, blank=True)
    standing = models.CharField(max_length=12, choices=Standing.choices, default=Standing.EFFECTIVE)
    # The deed that a second person confirms; null for roles that need none.
    confirmation = models.ForeignKey(Confirmation, on_delete=models.PROTECT, null=True, related_name="assignments")
    # What goes on until this one takes effect: of a pair that is handed over, who stays (people/handover.py).
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    # Null: by the owner of the machine, or before this was noted.
    given_at = models.DateTimeField(null=True)
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["role__position", "from_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False) | Q(deputy__isnull=False), name="assignment_has_somebody"
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=True) | Q(deputy__isnull=True) | ~Q(person=F("deputy")),
                name="assignment_deputy_is_another",
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")), name="assignment_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(given_at__isnull=True, given_by__isnull=True)
                | Q(given_at__isnull=False, given_by__isnull=False),
                name="assignment_given_at_by",
            ),
            models.CheckConstraint(
                condition=Q(standing__in=[Standing.EFFECTIVE, Standing.CANCELLED]) | Q(confirmation__isnull=False),
                name="assignment_waits_for_somebody",
            ),
            models.UniqueConstraint(
                fields=["role", "workload_id", "person", "from_on"],
                condition=Q(standing__in=GIVEN, person__isnull=False, replaces__isnull=True),
                nulls_distinct=False,
                name="assignment_once",
            ),
            models.UniqueConstraint(
                fields=["role", "workload_id", "deputy", "from_on"],
                condition=Q(standing__in=GIVEN, person__isnull=True, replaces__isnull=True),
                nulls_distinct=False,
                name="assignment_of_deputy_once",
            ),
        ]
        indexes = [
            models.Index(fields=["workload_id", "role"], name="assignment_workload"),
            models.Index(fields=["role", "from_on"], name="assignment_role"),
            models.Index(fields=["person", "workload_id"], name="assignment_person"),
            models.Index(fields=["deputy", "workload_id"], name="assignment_deputy"),
        ]

    def __str__(self) -> str:
        return f"{self.role.name}: {self.person or 'vacant'}"

    @property
    def trail_thread(self) -> str:
        return f"workload:{self.workload_id}" if self.workload_id else f"role:{self.role_id}"

    @property
    def unconfirmed_people(self) -> frozenset[int]:
        """Numbers of those who hold it although no second person has confirmed it yet; a query where there are any."""
        if self.standing != Standing.UNCONFIRMED or self.confirmation is None:
            return frozenset()
        return frozenset(self.confirmation.receivers)


class Scope(models.TextChoices):
    READ = "read", "Read"
    WRITE = "write", "Read and write"


class ApiToken(models.Model):
    """A key for programs. Only the SHA-256 digest is stored; the key itself is shown once.

    A machine token is issued to a measuring system: times it records count as measured by a machine.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = NameField("what for", max_length=80)
    prefix = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    scope = models.CharField(max_length=8, choices=Scope.choices, default=Scope.READ)
    machine = models.BooleanField("measures by machine", default=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], condition=Q(revoked_at__isnull=True), name="token_name_once"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="token_revoked_at_by",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="token_expires_later"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def trail_thread(self) -> str:
        return f"person:{self.user_id}"

    def is_live(self, at: dt.datetime) -> bool:
        return self.revoked_at is None and self.expires_at > at
