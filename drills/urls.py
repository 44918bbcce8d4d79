from django.urls import path

from drills import views, views_drill, views_files, views_finish, views_gaps, views_marks

app_name = "drills"
urlpatterns = [
    path("", views.drill_list, name="list"),
    path("export/", views_files.export, name="export"),
    path("export/gaps/", views_files.export_gaps, name="export-gaps"),
    path("export/late/", views_files.export_late, name="export-late"),
    path("calendar/", views.calendar, name="calendar"),
    path("new/", views_drill.schedule, name="schedule"),
    path("<int:pk>/", views_drill.drill_page, name="drill"),
    path("<int:pk>/change/", views_drill.change, name="change"),
    path("<int:pk>/cancel/", views_drill.cancel, name="cancel"),
    path("<int:pk>/start/", views_drill.start, name="start"),
    path("<int:pk>/mark/", views_marks.mark, name="mark"),
    path("<int:pk>/finish/", views_finish.finish, name="finish"),
    path("<int:pk>/stop/", views_drill.stop, name="stop"),
    path("<int:pk>/report/", views_drill.report, name="report"),
    path("<int:pk>/actions/new/", views_gaps.open_action, name="open_action"),
    path("marks/<int:pk>/correct/", views_marks.correct, name="correct"),
    path("actions/<int:pk>/", views_gaps.action_page, name="action"),
    path("actions/<int:pk>/change/", views_gaps.change, name="change_action"),
    path("actions/<int:pk>/done/", views_gaps.done, name="done"),
    path("actions/<int:pk>/reopen/", views_gaps.reopen, name="reopen"),
]
