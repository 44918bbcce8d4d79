from django.urls import path

from workloads.campaigns import views, views_files

urlpatterns = [
    path("campaigns/", views.list_campaigns, name="campaigns"),
    path("campaigns/export/", views_files.export_campaigns, name="export-campaigns"),
    path("campaigns/open/", views.open_campaign, name="open-campaign"),
    path("campaigns/<int:pk>/", views.show, name="campaign"),
    path("campaigns/<int:pk>/export/", views_files.export_reviews, name="export-reviews"),
    path("campaigns/<int:pk>/nudge/", views.nudge, name="nudge"),
    path("campaigns/<int:pk>/close/", views.close, name="close-campaign"),
    path("reviews/", views.reviews, name="reviews"),
    path("reviews/export/", views_files.export_waiting, name="export-waiting"),
]
