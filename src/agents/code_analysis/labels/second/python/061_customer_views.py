from datetime import date

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import JsonResponse
from django.views.decorators.http import require_GET

from .models import Customer, Visit

PAGE_SIZE = 50


def serialize(customer):
    return {
        "id": customer.pk,
        "name": customer.name,
        "city": customer.city,
        "visits": getattr(customer, "visit_count", None),
    }


class CustomerFilter:
    """Collects the filter parameters of the list page."""

    def __init__(self, params):
        self.city = params.get("city", "").strip()
        self.phrase = params.get("q", "").strip()
        self.active_only = params.get("active") == "1"

    def apply(self, queryset):
        if self.city:
            queryset = queryset.filter(city__iexact=self.city)
        if self.active_only:
            queryset = queryset.filter(closed_at__isnull=True)
        if self.phrase:
            clause = "to_tsvector('simple', name || ' ' || notes) @@ plainto_tsquery('{}')".format(
                self.phrase
            )
            queryset = queryset.extra(where=[clause])
        return queryset


@require_GET
@login_required
@permission_required("crm.view_customer", raise_exception=True)
def customer_list(request):
    queryset = Customer.objects.annotate(visit_count=Count("visits")).order_by("name")
    queryset = CustomerFilter(request.GET).apply(queryset)
    page = Paginator(queryset, PAGE_SIZE).get_page(request.GET.get("page"))
    return JsonResponse(
        {
            "pages": page.paginator.num_pages,
            "items": [serialize(c) for c in page.object_list],
        }
    )


@require_GET
@login_required
def visits_today(request):
    count = Visit.objects.filter(day=date.today()).count()
    return JsonResponse({"count": count})
