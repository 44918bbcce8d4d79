"""What granian serves: Django's ASGI handler, with one change of thread a request instead of one per middleware.

All our views and most middleware are synchronous. Django's own handler would run the chain in the event loop and hop into a
thread and back for each of them; here the whole chain runs in the request's thread, as under WSGI. ASGI stays, for
server-sent events.
"""

from __future__ import annotations

import os

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from drportal.entering import begin

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drportal.settings")
os.environ["PORTAL_PROCESS"] = "web"  # short deadlines for the database: somebody waits for the page


class ThreadedHandler(ASGIHandler):
    """Django's ASGI handler with a synchronous middleware chain."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


django.setup(set_prefix=False)
begin(serves_pages=True)
application = ThreadedHandler()
