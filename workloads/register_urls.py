from django.urls import path

from workloads import register_views

urlpatterns = [
    path("import/", register_views.upload, name="import"),
    path("import/template.<str:kind>", register_views.template, name="import-template"),
    path("import/<uuid:pk>/", register_views.report, name="import-report"),
]
