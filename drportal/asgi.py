"""What granian serves: Django's ASGI handler, with one change of thread a request instead of one per middleware.

All our views and most middleware are synchronous. Django's own handler would run the chain in the event loop and hop into a
thread and back for each of them; here the whole chain runs in the request's thread, as under WSGI. ASGI stays, for
server-sent events.
"""

from __future__ import annotations

import asyncio
import os
from typing import IO, Any

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from drportal.entering import begin

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drportal.settings")
os.environ["PORTAL_PROCESS"] = "web"  # short deadlines for the database: somebody waits for the page


class BodyTooSlow(Exception):
    """Somebody sends so slowly that it looks like an attempt to occupy the portal."""


TOO_SLOW = b"What was sent did not arrive in time."


class ThreadedHandler(ASGIHandler):
    """Django's ASGI handler with a synchronous middleware chain, and no more than so much patience for what is sent."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        except BodyTooSlow:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 408, "headers": headers})
            await send({"type": "http.response.body", "body": TOO_SLOW})

    async def read_body(self, receive: Any) -> IO[bytes]:
        """Raises BodyTooSlow. Until the body is there, a request holds neither a thread nor a database connection."""
        try:
            async with asyncio.timeout(settings.REQUEST_BODY_WITHIN):
                body: IO[bytes] = await super().read_body(receive)
                return body
        except TimeoutError:
            raise BodyTooSlow from None

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


django.setup(set_prefix=False)
begin(serves_pages=True)
application = ThreadedHandler()
