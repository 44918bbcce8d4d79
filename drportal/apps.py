from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "drportal"
    verbose_name = "Recovery Portal"
