from django.urls import URLPattern, path

from workloads.dependencies import views

urlpatterns: list[URLPattern] = [
    path("<int:pk>/dependencies/", views.dependencies, name="dependencies"),
]
