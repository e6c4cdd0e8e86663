from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Avg, Count, Q
from django.utils import timezone


class EvaluationQuerySet(models.QuerySet):
    def search(self, query):
        return self.filter(Q(title__icontains=query) | Q(summary__icontains=query))

    def with_scores(self):
        return self.annotate(eval_score=Avg("answers__score"), eval_count=Count("answers"))


class Evaluation(models.Model):
    title = models.CharField(max_length=120)
    summary = models.TextField(blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="evaluations"
    )
    opened = models.DateTimeField(default=timezone.now)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        ordering = ["-opened"]

    def __str__(self):
        return self.title

    @property
    def is_open(self):
        return timezone.now() - self.opened < timedelta(days=14)


class PasswordPolicy(models.Model):
    group = models.OneToOneField("auth.Group", on_delete=models.CASCADE)
    max_age_days = models.PositiveIntegerField(default=365)
    reminder_days = models.PositiveIntegerField(default=14)

    def password_expires(self, changed):
        return changed + timedelta(days=self.max_age_days)

    def needs_reminder(self, changed):
        return self.password_expires(changed) - timezone.now() < timedelta(
            days=self.reminder_days
        )
