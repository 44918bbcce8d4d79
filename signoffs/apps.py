from django.apps import AppConfig

from people import estates


class SignoffsConfig(AppConfig):
    name = "signoffs"
    verbose_name = "Sign-offs"

    def ready(self) -> None:
        from signoffs.handover import Signatures  # noqa: PLC0415 (models are not ready before)

        estates.register("signatures", Signatures())
