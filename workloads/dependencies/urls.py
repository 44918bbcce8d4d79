from django.urls import URLPattern, path

from workloads.dependencies import views

urlpatterns: list[URLPattern] = [
    path("<int:pk>/dependencies/", views.dependencies, name="dependencies"),
    path("<int:pk>/dependencies/add/", views.add_dependency, name="add-dependency"),
    path("dependencies/<int:pk>/change/", views.change_dependency, name="change-dependency"),
    path("dependencies/<int:pk>/remove/", views.remove_dependency, name="remove-dependency"),
    path("third-parties/", views.third_parties, name="third-parties"),
    path("third-parties/add/", views.add_third_party, name="add-third-party"),
    path("third-parties/<int:pk>/change/", views.change_third_party, name="change-third-party"),
]
