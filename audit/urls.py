from django.urls import path

from audit import views

app_name = "trail"
urlpatterns = [
    path("", views.TrailList.as_view(), name="list"),
    path("export/", views.TrailExport.as_view(), name="export"),
]
