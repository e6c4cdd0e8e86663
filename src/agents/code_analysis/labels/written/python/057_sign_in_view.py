from django.contrib.auth import authenticate, login
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.views import View

from .forms import SignInForm


class SignInView(View):
    template_name = "accounts/sign_in.html"
    default_url = "/dashboard/"

    def get_success_url(self):
        target = self.request.POST.get("next") or self.request.GET.get("next", "")
        if target.startswith("/"):
            return target
        return self.default_url

    def get(self, request):
        return render(request, self.template_name, {"form": SignInForm()})

    def post(self, request):
        form = SignInForm(request.POST)
        if form.is_valid():
            user = authenticate(request, **form.cleaned_data)
            if user is not None:
                login(request, user)
                return HttpResponseRedirect(self.get_success_url())
            form.add_error(None, "Unknown user or wrong password.")
        return render(request, self.template_name, {"form": form}, status=422)
