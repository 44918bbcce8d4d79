from django.urls import URLPattern, path

from workloads.dependencies import views, views_third_parties

urlpatterns: list[URLPattern] = [
    path("<int:pk>/dependencies/", views.dependencies, name="dependencies"),
    path("<int:pk>/dependencies/add/", views.add_dependency, name="add-dependency"),
    path("dependencies/<int:pk>/change/", views.change_dependency, name="change-dependency"),
    path("dependencies/<int:pk>/remove/", views.remove_dependency, name="remove-dependency"),
    path("third-parties/", views_third_parties.third_parties, name="third-parties"),
    path("third-parties/add/", views_third_parties.add_third_party, name="add-third-party"),
    path("third-parties/<int:pk>/", views_third_parties.third_party, name="third-party"),
    path("third-parties/<int:pk>/remove/", views_third_parties.remove_third_party, name="remove-third-party"),
    path("third-parties/<int:pk>/change/", views_third_parties.change_third_party, name="change-third-party"),
]
