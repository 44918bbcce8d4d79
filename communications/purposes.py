"""What we write to people about, each with its wording and the placeholders it needs. Nothing else can be sent."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

SUBJECT_MAX = 300  # characters; the column is as wide
CONTROL = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]"
)  # all but the end of a line; and halves of characters


class Words(NamedTuple):
    """A purpose: its name in lists, the words of the link, subject line and text. `urgent` is never held for a digest."""

    label: str
    link: str
    subject: str
    body: str
    urgent: bool = False


class Purpose(Enum):
    SIGNATURE_REQUESTED = Words(
        "Signature asked for",
        "Read and sign",
        "Please sign by {due}: {workload}, {what}",
        "{proposer} proposes this target for {workload}: {what}.\n\nWhy: {reason}\n\n{differs}"
        "You are asked to sign as {role}, by {due}. You see the whole document before you sign, "
        "and you can reject it with a reason.",
        urgent=True,
    )
    SIGNATURE_REQUEST_VOID = Words(
        "Request void",
        "Open the proposal",
        "Nothing to sign any more: {workload}",
        "The request to sign the target of {workload} is void, because {why}. No signature on it counts. "
        "The proposer can look at the proposal and send it again.",
        urgent=True,
    )
    CLASSIFICATION_SIGNED_OFF = Words(
        "Target in force",
        "Open the workload",
        "In force: {workload}, {target}",
        "Everybody has signed. From now on this target holds for {workload}: {target}.\n\nSigned by {signers}.",
    )
    CLASSIFICATION_REJECTED = Words(
        "Target rejected",
        "Open the proposal",
        "Rejected: the proposed target for {workload}",
        "{who} did not sign the proposed target for {workload}.\n\nThe reason: {reason}\n\n"
        "The target in force, if there is one, stays in force. A new proposal can be made at any time.",
    )
    CLASSIFICATION_WITHDRAWN = Words(
        "Proposal withdrawn",
        "Open the proposal",
        "Withdrawn: the proposed target for {workload}",
        "{who} has withdrawn the proposed target for {workload}. There is nothing left to sign.",
    )
    CLASSIFICATION_REAFFIRMED = Words(
        "Target reaffirmed",
        "Open the workload",
        "Still in force: {workload}, {target}",
        "{who} has looked again at the target of {workload} and keeps it: {target}.\n\nIts next review is due on {due}.",
    )
    ROLE_ASSIGNED = Words(
        "Role given",
        "See who holds what",
        "Your role: {role}, {where}",
        "{who} gives you a role for {where}, {term}: {role}.\n\nWhat it means: {duties}\n\n{others}",
    )
    ROLES_HANDED_OVER = Words(
        "Handed over",
        "See what passed on",
        "{person} hands over to {to} from {from}",
        "{who} has handed over everything of {person} to {to}. Roles pass from {from} on, actions and drills at once; signatures "
        "and reviews follow the roles.\n\n{passed}",
    )
    CONFIRMATION_ASKED = Words(
        "Second person asked for",
        "Look at it and decide",
        "To be confirmed by a second person: {what}",
        "{who} gives or changes something that lets people do more: {what}.\n\nWhy: {reason}\n\n"
        "A second person has to confirm it. These people can: {confirmers}.",
        urgent=True,
    )
    CONFIRMATION_CLOSED = Words(
        "Second person decided",
        "See what was decided",
        "Now {state}: {what}",
        "This is {state} now, by {who}: {what}.\n\n{reason}",
    )
    ROLES_CONFIRMED = Words(
        "Roles given",
        "See what you hold",
        "Your roles: {count}",
        "{who} has given you {count}, and a second person has confirmed it. You hold from now on, or from the day agreed:"
        "\n\n{roles}",
    )
    REVIEW_DUE = Words(
        "Review due",
        "Review the target",
        "Review {when_words}: {workload}, {target}",
        "{instead}The target of {workload} is {target}. Its review is due on {due}, {when_words}.\n\n"
        "Look whether it is still right. If it is, reaffirm it with your signature; if not, propose another one.",
    )
    REVIEW_OVERDUE = Words(
        "Review overdue",
        "Review the target",
        "Review {when_words}: {workload}, {target}",
        "{instead}The target of {workload}, {target}, should have been reviewed by {due}. It is {when_words}.\n\n"
        "Reaffirm it with your signature if it is still right, or propose another one.",
    )
    REVIEW_DUE_EARLY = Words(
        "Review due early",
        "Review the target",
        "Review {when_words}, because something changed: {workload}, {target}",
        "{instead}Something has changed since the target of {workload}, {target}, was signed. {because}\n\n"
        "Its review is therefore due on {due}, {when_words}. Look whether the target is still right. If it is, reaffirm it with "
        "your signature; if not, propose another one.",
    )
    CAMPAIGN_OPENED = Words(
        "Review campaign",
        "Look at your reviews",
        "{campaign}: {count} for you by {due}",
        "{who} has opened the review campaign {campaign}. It asks you to look at {count} by {due}, {when_words}:\n\n"
        "{workloads}\n\nWhere nothing has changed, the targets can be reaffirmed together; "
        "where something has, the page says what.",
    )
    CAMPAIGN_NUDGE = Words(
        "Reviews still open",
        "Look at your reviews",
        "Still open: {count} of {campaign}, due {when_words}",
        "{who} reminds you of the review campaign {campaign}, due on {due}, {when_words}. These are still open, {count}:"
        "\n\n{workloads}",
    )
    WAIVER_REQUESTED = Words(
        "Waiver asked for",
        "Read and sign",
        "Please sign: waiver for {workload} until {ends}",
        "{who} asks you to waive a finding of {workload} until {ends}: {finding}.\n\nWhy it cannot be mended first: {reason}\n\n"
        "Conditions: {conditions}\n\nWhile the waiver holds, targets can be signed although this is found. You can reject it "
        "with a reason.",
        urgent=True,
    )
    WAIVER_GRANTED = Words(
        "Waiver granted",
        "Open the waiver",
        "Waived until {ends}: {workload}, {finding}",
        "{who} has signed the waiver for {workload}. Until {ends} this stands in the way of no signature: {finding}.\n\n"
        "Conditions: {conditions}",
    )
    WAIVER_REJECTED = Words(
        "Waiver rejected",
        "Open the waiver",
        "Not waived: {workload}, {finding}",
        "{who} did not sign the waiver for {workload}. The finding stands: {finding}.\n\nThe reason: {reason}",
    )
    WAIVER_WITHDRAWN = Words(
        "Waiver withdrawn",
        "Open the waiver",
        "Withdrawn: the waiver for {workload}, {finding}",
        "The waiver for {workload} was withdrawn {why}. This finding counts again: {finding}.",
    )
    WAIVER_ENDING = Words(
        "Waiver ends",
        "Open the waiver",
        "Waiver ends {when_words}: {workload}, {finding}",
        "{instead}The waiver for {workload} ends on {ends}, {when_words}: {finding}.\n\nConditions: {conditions}\n\n"
        "Mend the finding, or ask for another waiver when this one is over. When it lapses, the target has to be reviewed.",
    )
    WAIVER_LAPSED = Words(
        "Waiver lapsed",
        "Open the waiver",
        "Lapsed: the waiver for {workload}, {finding}",
        "The waiver for {workload} ended on {ends}. This finding counts again: {finding}. The review of the target in force is "
        "due now.",
    )
    DRILL_SCHEDULED = Words(
        "Drill scheduled",
        "Open the drill",
        "Drill: {workload}, {window}",
        "A {kind} drill of {workload} is planned for {window}. {coordinator} coordinates it, and you take part.",
    )
    DRILL_CHANGED = Words(
        "Drill changed",
        "Open the drill",
        "Changed: drill of {workload}, {window}",
        "{who} has changed the {kind} drill of {workload}. It is now planned for {window}; {coordinator} coordinates it.",
    )
    DRILL_CANCELLED = Words(
        "Drill cancelled",
        "Open the drill",
        "Cancelled: drill of {workload}, {window}",
        "{who} has called off the drill of {workload} on {window}. You need not come.",
        urgent=True,
    )
    DRILL_REMINDER = Words(
        "Drill reminder",
        "Open the drill",
        "Drill {when_words}: {workload}",
        "{instead}The {kind} drill of {workload} is {when_words}: {window}. Read its success criteria beforehand.",
    )
    DRILL_FINISHED = Words(
        "Drill finished",
        "Read the result",
        "Result of the drill: {workload}, recovery time {rto}",
        "The drill of {workload} is finished.\n\nRecovery time: {rto}\nData loss: {rpo}\n{actions}",
    )
    DRILL_CADENCE_MISSED = Words(
        "Drill overdue",
        "Schedule a drill",
        "No drill in time: {workload}",
        "{workload} is {tier}, to be drilled every {interval}. The last drill that counts: {last}. "
        "Schedule one; a tabletop alone does not count.",
    )
    ACTION_ASSIGNED = Words(
        "Action for you",
        "Open the action",
        "For you by {due}: {title}",
        "The drill {drill} of {workload} found a gap, and you own it: {title}. It is due on {due}.",
    )
    ACTION_OVERDUE = Words(
        "Action overdue",
        "Open the action",
        "Overdue since {due}: {title}",
        "{instead}This gap of {workload} should have been mended by {due}: {title}. "
        "Say what was done, or agree a new date with the coordinator.",
    )
    VIEW_TAKEN_BACK = Words(
        "Shared view taken back",
        "Look at your views",
        "No longer shared: your view {view}",
        "{who} has taken back the view of the register that you shared: {view}. It is still yours; nobody else sees it, "
        "its name or its filters any more.",
    )
    PASSWORD_RESET = Words(
        "New password",
        "Choose a new password",
        "A new password for the Recovery Portal of {organisation}",
        "Somebody, probably you, asked for a new password for your account. The link below works once, for {days}. "
        "Until you choose another one, your password stays as it is.\n\n"
        "If that was not you, there is nothing to do: whoever asked does not have this letter.",
        urgent=True,
    )
    DAILY_DIGEST = Words(
        "Daily digest",
        "What needs you",
        "Your {count} of the day",
        "{items}",
        urgent=True,
    )

    @property
    def key(self) -> str:
        return self.name.lower().replace("_", "-")

    @property
    def label(self) -> str:
        return self.value.label

    @property
    def urgent(self) -> bool:
        return self.value.urgent

    @property
    def placeholders(self) -> frozenset[str]:
        """The names that a context has to fill, no more and no fewer."""
        both = self.value.subject + self.value.body
        return frozenset(name for _, name, _, _ in string.Formatter().parse(both) if name)

    @classmethod
    def of(cls, key: str) -> Purpose:
        """The purpose of a stored key. Raises KeyError for one that nobody knows."""
        return cls[key.upper().replace("-", "_")]

    def render(self, context: Mapping[str, str]) -> tuple[str, str]:
        """Subject line and text. Raises ValueError when a placeholder is missing or unknown."""
        if self.placeholders != set(context):
            wrong = ", ".join(sorted(self.placeholders ^ set(context)))
            raise ValueError(f"{self.key}: placeholders missing or unknown: {wrong}")
        # Values are put in as they are, never read as templates themselves.
        subject = " ".join(self.value.subject.format_map(context).split())
        body = self.value.body.format_map({name: _printable(value) for name, value in context.items()})
        return shortened(_printable(subject), SUBJECT_MAX), body


def _printable(text: str) -> str:
    """Without control characters: the database cannot hold some, a mail program obeys others."""
    return CONTROL.sub("", text)


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


CHOICES = [(purpose.key, purpose.label) for purpose in Purpose]


def choices() -> list[tuple[str, str]]:
    """For the column, as a function: a new purpose needs no migration."""
    return CHOICES
