from django.urls import path

from workloads.saved import views

urlpatterns = [
    path("", views.list_views, name="views"),
    path("save/", views.save, name="save-view"),
    path("<int:pk>/change/", views.change, name="change-view"),
    path("<int:pk>/remove/", views.remove, name="remove-view"),
    path("<int:pk>/take-back/", views.take_back, name="take-back-view"),
]
