from django.urls import path

from signoffs import views

app_name = "signoffs"
urlpatterns = [
    path("", views.list_requests, name="list"),
    path("export/", views.export, name="export"),
    path("<int:pk>/", views.show_request, name="request"),
    path("<int:pk>/sign/", views.sign, name="sign"),
    path("<int:pk>/reject/", views.reject, name="reject"),
    path("<int:pk>/document.json", views.document_json, name="document"),
    path("<int:pk>/document.txt", views.document_text, name="text"),
]
