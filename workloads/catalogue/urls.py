from django.urls import URLPattern, path

from workloads.catalogue import views, views_mapping

urlpatterns: list[URLPattern] = [
    path("export/", views.export, name="export-page"),
    path("export/register.<str:form>", views.export_all, name="export-all"),
    path("export/<slug:kind>.<str:form>", views.export_one, name="export-kind"),
    path("import/mappings/", views_mapping.mappings, name="mappings"),
    path("import/mappings/add/", views_mapping.add, name="add-mapping"),
    path("import/mappings/<int:pk>/", views_mapping.change, name="change-mapping"),
    path("import/mappings/<int:pk>/remove/", views_mapping.remove, name="remove-mapping"),
]
