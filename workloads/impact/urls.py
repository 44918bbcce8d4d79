from django.urls import URLPattern, path

from workloads.impact import views, views_answer

urlpatterns: list[URLPattern] = [
    path("<int:pk>/impact/", views.show, name="impact"),
    path("<int:pk>/impact/answer/", views_answer.answer, name="answer-impact"),
    path("<int:pk>/impact/add-season/", views.add_season, name="add-season"),
    path("seasons/<int:pk>/change/", views.change_season, name="change-season"),
    path("seasons/<int:pk>/remove/", views.remove_season, name="remove-season"),
]
