from django.urls import path

from communications import views

app_name = "communications"
urlpatterns = [
    path("", views.message_list, name="list"),
    path("export/", views.export, name="export"),
    path("<int:pk>/", views.show_message, name="message"),
    path("deliveries/<int:pk>/retry/", views.retry, name="retry"),
]
