"""Who the portal is at its database: what the role of web, worker and beat may, and whether it may too much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection, transaction
from psycopg import sql

from drportal.startup import DEMO_DOMAIN

# Only migrations write it.
READ_ONLY = ("django_migrations",)
APPEND_ONLY = """
SELECT relname FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
WHERE t.tgname = c.relname || '_append_only' AND c.relnamespace = 'public'::regnamespace
"""
TOO_MUCH = """
SELECT current_user, r.rolsuper, EXISTS (
    SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND pg_catalog.pg_has_role(current_user, c.relowner, 'MEMBER'))
FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
"""


@transaction.atomic
def give_rights(role: str, *, password: str = "") -> bool:
    """Let `role` do what web, worker and beat do, on every table there is now, and nothing that only an owner may.

    Makes the role when it is missing, which needs a `password` and a connection that may make roles. Returns whether it did.
    """
    name = sql.Identifier(role)
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = %s)", [role])
        made = not cursor.fetchone()[0]
        if made or password:
            verb = sql.SQL("CREATE" if made else "ALTER")
            said = sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, name, sql.Literal(password))
            cursor.execute(said.as_string())
        cursor.execute(APPEND_ONLY)
        append_only = [table for (table,) in cursor.fetchall()]
        for line in (
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ):
            cursor.execute(sql.SQL(line).format(role=name).as_string())
        for tables, rights in ((append_only, "UPDATE, DELETE"), (READ_ONLY, "INSERT, UPDATE, DELETE")):
            names = sql.SQL(", ").join(sql.Identifier("public", table) for table in tables)
            revoke = sql.SQL("REVOKE {} ON {} FROM {}").format(sql.SQL(rights), names, name)
            cursor.execute(revoke.as_string())
    return made


def demo_people(url: str) -> str:
    """That people of the demo, whose password everybody knows, can sign in here; empty when nobody of them is here."""
    asked = "SELECT count(*) FROM people_user WHERE is_active AND email LIKE %s"
    found = _ask(url, asked, [f"%@{DEMO_DOMAIN}"])
    if not found or not found[0]:
        return ""
    return (
        f"{found[0]} people of the demo organisation can sign in here, and everybody knows their password: begin with a "
        "database of your own, or deactivate them."
    )


def may_too_much(url: str) -> str:
    """Why the role of this address should not run the portal, in one sentence; empty when it owns nothing.

    Asks over a connection of its own, before any pool is made; empty as well when the database does not answer.
    """
    name, is_super, owns = _ask(url, TOO_MUCH) or ("", False, False)
    if not (is_super or owns):
        return ""
    what = "is a superuser" if is_super else "owns the tables"
    return (
        f"The portal runs as the database role {name}, which {what}: a stolen password could switch off what keeps the "
        f"history. Run web, worker and beat under a role that owns nothing (manage.py give_rights, docs/operating.md)."
    )


def _ask(url: str, question: str, values: Sequence[str] = ()) -> tuple[Any, ...] | None:
    """The first row; None when the database does not answer, or knows no such table yet."""
    try:
        with psycopg.connect(url, connect_timeout=3) as asked:
            return asked.execute(question, values).fetchone()
    except psycopg.Error:
        return None
