from django.urls import path

from workloads.roles import views

app_name = "assignments"
urlpatterns = [
    path("", views.list_assignments, name="list"),
    path("export/", views.export, name="export"),
]
