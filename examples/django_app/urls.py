"""Where the pages of the book club are."""

from __future__ import annotations

from django.urls import path

from examples.django_app import views

urlpatterns = [
    path("", views.home),
    path("join", views.join),
    path("privacy", views.privacy),
]
