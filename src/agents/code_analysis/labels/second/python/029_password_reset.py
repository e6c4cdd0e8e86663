import datetime
import logging
import random
import string

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

logger = logging.getLogger(__name__)

ALPHABET = string.ascii_letters + string.digits
LIFETIME = datetime.timedelta(hours=2)


def make_code(length=24, alphabet=ALPHABET):
    return "".join(random.choice(alphabet) for _ in range(length))


class ResetRequest(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    code = models.CharField(max_length=40, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    @property
    def expired(self):
        return timezone.now() - self.created_at > LIFETIME

    def link(self):
        return settings.SITE_URL + reverse("password-reset", args=[self.code])


@transaction.atomic
def start_reset(email):
    user = get_user_model().objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        logger.info("password reset for an unknown address")
        return
    ResetRequest.objects.filter(user=user).delete()
    entry = ResetRequest.objects.create(user=user, code=make_code())
    send_mail(
        "Reset your password",
        "Open this address within two hours:\n\n%s\n" % entry.link(),
        settings.DEFAULT_FROM_EMAIL,
        [user.email],
    )


@transaction.atomic
def finish_reset(code, password):
    entry = ResetRequest.objects.select_related("user").filter(code=code).first()
    if entry is None or entry.expired:
        return False
    entry.user.set_password(password)
    entry.user.save(update_fields=["password"])
    entry.delete()
    return True
