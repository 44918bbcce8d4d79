from django.urls import URLPattern, path

from workloads.flows import views

urlpatterns: list[URLPattern] = [
    path("<int:pk>/flows/", views.flows, name="flows"),
    path("<int:pk>/flows/add/", views.add_flow, name="add-flow"),
    path("flows/<int:pk>/change/", views.change_flow, name="change-flow"),
    path("flows/<int:pk>/remove/", views.remove_flow, name="remove-flow"),
    path("<int:pk>/components/add/", views.add_component, name="add-component"),
    path("components/<int:pk>/change/", views.change_component, name="change-component"),
    path("components/<int:pk>/remove/", views.remove_component, name="remove-component"),
    path("components/<int:pk>/register/", views.register_component, name="register-component"),
    path("<int:pk>/failure-modes/", views.failure_modes, name="failure-modes"),
    path("<int:pk>/failure-modes/add/", views.add_failure_mode, name="add-failure-mode"),
    path("failure-modes/<int:pk>/change/", views.change_failure_mode, name="change-failure-mode"),
    path("failure-modes/<int:pk>/remove/", views.remove_failure_mode, name="remove-failure-mode"),
]
