from django.urls import URLPattern, path

from workloads.gates import views

urlpatterns: list[URLPattern] = [
    path("waivers/", views.list_waivers, name="waivers"),
    path("waivers/export/", views.export, name="export-waivers"),
    path("waivers/<int:pk>/", views.show, name="waiver"),
    path("waivers/<int:pk>/withdraw/", views.withdraw, name="withdraw-waiver"),
    path("<int:pk>/waivers/", views.of_one, name="waivers-of"),
    path("<int:pk>/waivers/ask/", views.ask, name="request-waiver"),
]
