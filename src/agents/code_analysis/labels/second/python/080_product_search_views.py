import logging

from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from catalog.models import Product

logger = logging.getLogger(__name__)

ORDERINGS = {
    "price": "p.price_cents ASC",
    "-price": "p.price_cents DESC",
    "name": "p.name ASC",
    "rank": "rank DESC",
}

SEARCH_SQL = """
    SELECT p.*, ts_rank(p.search_vector, plainto_tsquery(%(q)s)) AS rank
      FROM catalog_product p
     WHERE p.search_vector @@ plainto_tsquery(%(q)s)
       AND p.price_cents BETWEEN %(low)s AND %(high)s
     ORDER BY {order}
     LIMIT 100
"""


def parse_int(value, default):
    try:
        return int(value)
    except (TypeError, ValueError):
        return default


def search_products(phrase, low, high, ordering):
    order = ORDERINGS.get(ordering, ORDERINGS["rank"])
    return Product.objects.raw(
        SEARCH_SQL.format(order=order),
        {"q": phrase, "low": low, "high": high},
    )


@require_GET
@login_required
def search(request):
    phrase = request.GET.get("q", "")
    if not phrase:
        raise Http404("no query")
    products = search_products(
        phrase,
        parse_int(request.GET.get("min"), 0),
        parse_int(request.GET.get("max"), 10_000_000),
        request.GET.get("order"),
    )
    items = [{"sku": p.sku, "name": p.name, "price": p.price_cents} for p in products]
    logger.debug("product search returned %d rows", len(items))
    return JsonResponse({"items": items})


@require_GET
def detail(request, sku):
    product = get_object_or_404(Product, sku=sku, published=True)
    return JsonResponse({"sku": product.sku, "name": product.name})
