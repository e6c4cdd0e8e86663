from django.conf import settings
from django.http import HttpResponseRedirect, JsonResponse
from django.utils import translation
from django.utils.translation import check_for_language
from django.views import View
from django.views.decorators.http import require_GET

COOKIE_AGE = 60 * 60 * 24 * 365


def back_url(request, default="/"):
    """Where to go after the language was changed."""
    target = request.POST.get("next") or request.GET.get("next")
    if not target:
        target = request.META.get("HTTP_REFERER")
    if not target:
        target = default
    return target


class SetLanguage(View):
    http_method_names = ["get", "post"]

    def get(self, request):
        return self.switch(request, request.GET.get("lang"))

    def post(self, request):
        return self.switch(request, request.POST.get("lang"))

    def switch(self, request, code):
        response = HttpResponseRedirect(back_url(request))
        if code and check_for_language(code):
            translation.activate(code)
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                code,
                max_age=COOKIE_AGE,
                secure=True,
                httponly=True,
                samesite="Lax",
            )
        return response


@require_GET
def languages(request):
    current = translation.get_language()
    return JsonResponse(
        {
            "current": current,
            "available": [{"code": c, "name": str(n)} for c, n in settings.LANGUAGES],
        }
    )
