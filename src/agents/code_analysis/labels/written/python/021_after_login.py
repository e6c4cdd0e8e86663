from django.contrib.auth import authenticate, login
from django.http import HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from .forms import SignInForm


@method_decorator([never_cache, csrf_protect], name="dispatch")
class SignInView(View):
    template_name = "accounts/sign_in.html"

    def redirect_target(self):
        target = self.request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(
            target,
            allowed_hosts={self.request.get_host()},
            require_https=self.request.is_secure(),
        ):
            return target
        return resolve_url("dashboard")

    def get(self, request):
        return render(request, self.template_name, {"form": SignInForm()})

    def post(self, request):
        form = SignInForm(request.POST)
        if form.is_valid():
            user = authenticate(request, **form.cleaned_data)
            if user is not None and user.is_active:
                login(request, user)
                return HttpResponseRedirect(self.redirect_target())
            form.add_error(None, "Unknown user or wrong password.")
        return render(request, self.template_name, {"form": form}, status=422)
