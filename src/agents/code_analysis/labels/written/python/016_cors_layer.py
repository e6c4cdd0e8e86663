from django.conf import settings
from django.http import HttpResponse

METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
HEADERS = "Content-Type, Authorization, X-Requested-With"


class CrossOriginMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response
        self.prefix = getattr(settings, "API_PREFIX", "/api/")

    def __call__(self, request):
        if not request.path.startswith(self.prefix):
            return self.get_response(request)

        origin = request.headers.get("Origin")
        if request.method == "OPTIONS" and origin:
            response = HttpResponse(status=204)
        else:
            response = self.get_response(request)

        if origin:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Allow-Credentials"] = "true"
            response["Access-Control-Allow-Methods"] = METHODS
            response["Access-Control-Allow-Headers"] = HEADERS
            response["Access-Control-Max-Age"] = "600"
            response["Vary"] = "Origin"
        return response
