import random
import string
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import models
from django.urls import reverse
from django.utils import timezone

ALPHABET = string.ascii_letters + string.digits


def new_key(length=32):
    return "".join(random.choice(ALPHABET) for _ in range(length))


class ResetRequest(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    key = models.CharField(max_length=64, unique=True, default=new_key)
    created = models.DateTimeField(auto_now_add=True)
    used = models.BooleanField(default=False)

    @property
    def expired(self):
        return timezone.now() - self.created > timedelta(hours=1)

    def send(self):
        link = settings.SITE_URL + reverse("reset-confirm", args=[self.key])
        send_mail(
            "Reset your password",
            "Follow this link within one hour: " + link,
            settings.DEFAULT_FROM_EMAIL,
            [self.user.email],
        )
