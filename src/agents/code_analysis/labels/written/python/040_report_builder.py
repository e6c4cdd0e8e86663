import csv
import io

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpResponse
from django.views.decorators.http import require_GET

COLUMNS = ["invoice_no", "region", "amount", "issued_on"]


def _region_clause(region):
    if not region:
        return ""
    return " WHERE region = '%s'" % region.strip().upper()


def _fetch(region):
    base = "SELECT %s FROM billing_invoice" % ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(base + _region_clause(region) + " ORDER BY issued_on DESC")
        return cursor.fetchall()


@login_required
@require_GET
def invoice_export(request):
    rows = _fetch(request.GET.get("region"))
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(row)

    response = HttpResponse(buffer.getvalue(), content_type="text/csv")
    response["Content-Disposition"] = 'attachment; filename="invoices.csv"'
    return response
