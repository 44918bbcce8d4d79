from django.urls import URLPattern, path

from workloads.chain import views

urlpatterns: list[URLPattern] = [
    path("<int:pk>/map/", views.show_map, name="map"),
    path("<int:pk>/map.json", views.map_data, name="map-data"),
]
