from importlib import import_module

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"
    verbose_name = "People and roles"

    def ready(self) -> None:
        # Not imported above: allauth's models can only be read when all apps are loaded.
        import_module("people.receivers").connect()
        rights = import_module("people.role_rights")
        import_module("people.confirmations").register(rights.DEED, rights.RoleRights())
