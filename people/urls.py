from django.urls import path

from people import views, views_account, views_confirmations, views_contacts, views_handover, views_roles

app_name = "people"
urlpatterns = [
    path("", views.list_people, name="list"),
    path("export/", views.export, name="export"),
    path("add/", views.add, name="add"),
    path("<int:pk>/", views.show_person, name="person"),
    path("<int:pk>/change/", views.change, name="change"),
    path("<int:pk>/deactivate/", views.deactivate, name="deactivate"),
    path("<int:pk>/reactivate/", views.reactivate, name="reactivate"),
    path("<int:pk>/hand-over/", views_handover.hand_over, name="hand-over"),
    path("<int:pk>/invite/", views.invite, name="invite"),
    path("roles/", views_roles.list_roles, name="roles"),
    path("roles/export/", views_roles.export_roles, name="export-roles"),
    path("roles/<slug:key>/assign/", views_roles.assign, name="assign"),
    path("roles/assignments/<int:pk>/end/", views_roles.end, name="end-role"),
    path("confirmations/", views_confirmations.list_confirmations, name="confirmations"),
    path("confirmations/<int:pk>/", views_confirmations.show_confirmation, name="confirmation"),
    path("confirmations/<int:pk>/confirm/", views_confirmations.confirm, name="confirm"),
    path("confirmations/<int:pk>/refuse/", views_confirmations.refuse, name="refuse"),
    path("confirmations/<int:pk>/withdraw/", views_confirmations.withdraw, name="withdraw-confirmation"),
    path("contacts/", views_contacts.list_contacts, name="contacts"),
    path("contacts/export/", views_contacts.export_contacts, name="export-contacts"),
    path("contacts/add/", views_contacts.add_contact, name="add-contact"),
    path("contacts/<int:pk>/change/", views_contacts.change_contact, name="change-contact"),
    path("teams/", views_contacts.list_teams, name="teams"),
    path("teams/export/", views_contacts.export_teams, name="export-teams"),
    path("teams/add/", views_contacts.add_team, name="add-team"),
    path("teams/<int:pk>/change/", views_contacts.change_team, name="change-team"),
    path("me/", views_account.account, name="account"),
    path("me/preferences/", views_account.set_preferences, name="set-preferences"),
    path("me/prove/", views_account.prove, name="prove"),
    path("me/prove/begin/", views_account.prove_at_provider, name="prove-at-provider"),
    path("me/tokens/issue/", views_account.issue_token, name="issue-token"),
    path("me/tokens/<int:pk>/revoke/", views_account.revoke_token, name="revoke-token"),
]
