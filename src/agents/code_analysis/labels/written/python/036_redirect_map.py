from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import path, reverse

OLD_PAGES = {
    "about-us": ("pages:about", {}),
    "imprint": ("pages:legal", {}),
    "shop/hinges": ("catalogue:category", {"slug": "hinges"}),
    "shop/planks": ("catalogue:category", {"slug": "planks"}),
}


def moved(request, old):
    try:
        name, kwargs = OLD_PAGES[old.rstrip("/").lower()]
    except KeyError:
        raise Http404("page was removed") from None
    return HttpResponsePermanentRedirect(reverse(name, kwargs=kwargs))


class TrailingDotMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response
        self.seen = 0

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code in (301, 302):
            self.seen += 1
            response.headers.setdefault("Cache-Control", "no-cache")
        return response


urlpatterns = [path("old/<path:old>", moved, name="moved")]
