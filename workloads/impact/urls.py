from django.urls import URLPattern, path

from workloads.impact import views

urlpatterns: list[URLPattern] = [
    path("<int:pk>/impact/", views.show, name="impact"),
    path("<int:pk>/impact/answer/", views.answer, name="answer-impact"),
    path("<int:pk>/impact/add-season/", views.add_season, name="add-season"),
    path("seasons/<int:pk>/change/", views.change_season, name="change-season"),
    path("seasons/<int:pk>/remove/", views.remove_season, name="remove-season"),
]
