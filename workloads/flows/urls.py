from django.urls import URLPattern, path

from workloads.flows import views

urlpatterns: list[URLPattern] = [
    path("<int:pk>/flows/", views.flows, name="flows"),
    path("<int:pk>/failure-modes/", views.failure_modes, name="failure-modes"),
]
