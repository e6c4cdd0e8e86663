import logging

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpResponseBadRequest
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

logger = logging.getLogger(__name__)


def safe_next(request):
    target = request.POST.get("next", request.GET.get("next", ""))
    allowed = url_has_allowed_host_and_scheme(
        target,
        allowed_hosts={request.get_host()},
        require_https=request.is_secure(),
    )
    return target if allowed else resolve_url(settings.LOGIN_REDIRECT_URL)


@never_cache
@require_POST
def sso_login(request):
    ticket = request.POST.get("ticket")
    if not ticket:
        return HttpResponseBadRequest("ticket missing")
    user = authenticate(request, sso_ticket=ticket)
    if user is None:
        logger.info("sso ticket was rejected")
        return redirect("login")
    login(request, user)
    return redirect(safe_next(request))


@never_cache
@require_POST
def sso_logout(request):
    logout(request)
    return redirect(safe_next(request))


@require_GET
def shortlink(request, slug):
    targets = getattr(settings, "SHORTLINKS", {})
    if slug not in targets:
        return redirect("home")
    return redirect(targets[slug])
