from django.apps import AppConfig

from people import estates


class DrillsConfig(AppConfig):
    name = "drills"

    def ready(self) -> None:
        from drills.handover import Actions, Drills  # noqa: PLC0415 (models are not ready before)

        estates.register("actions", Actions())
        estates.register("drills", Drills())
