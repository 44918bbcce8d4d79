from django.urls import URLPattern, path

from workloads.chain import views, views_findings

urlpatterns: list[URLPattern] = [
    path("<int:pk>/map/", views.show_map, name="map"),
    path("<int:pk>/map.json", views.map_data, name="map-data"),
    path("findings/", views_findings.list_findings, name="findings"),
    path("findings/export/", views_findings.export, name="findings-export"),
]
