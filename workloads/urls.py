from django.urls import URLPattern, URLResolver, include, path

from workloads import views_dora, views_list, views_review, views_roles, views_target, views_workload
from workloads.bulk import views as bulk

app_name = "workloads"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views_list.list_workloads, name="list"),
    path("export/list/", views_list.export, name="export"),
    path("export/b_06.01/", views_dora.functions, name="export-functions"),
    path("views/", include("workloads.saved.urls")),
    path("change-many/", bulk.change, name="change-many"),
    path("add/", views_workload.add, name="add"),
    path("<int:pk>/", views_workload.show, name="workload"),
    path("<int:pk>/change/", views_workload.change, name="change"),
    path("<int:pk>/assign/", views_roles.assign, name="assign"),
    path("<int:pk>/assign/<int:assignment_pk>/end/", views_roles.end, name="end-role"),
    path("<int:pk>/propose/", views_target.propose, name="propose"),
    path("classifications/<int:pk>/", views_target.show, name="classification"),
    path("classifications/<int:pk>/change/", views_target.change, name="change-proposal"),
    path("classifications/<int:pk>/send/", views_target.send, name="send"),
    path("classifications/<int:pk>/withdraw/", views_target.withdraw, name="withdraw"),
    path("classifications/<int:pk>/review/", views_review.review, name="review"),
    path("", include("workloads.register_urls")),
    path("", include("workloads.catalogue.urls")),
    path("", include("workloads.campaigns.urls")),
    path("", include("workloads.gates.urls")),
    path("", include("workloads.flows.urls")),
    path("", include("workloads.dependencies.urls")),
    path("", include("workloads.impact.urls")),
    path("", include("workloads.chain.urls")),
]
