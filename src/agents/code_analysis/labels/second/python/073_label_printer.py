"""Render shipping labels and send them to a CUPS printer."""
import logging
import subprocess
import tempfile
from pathlib import Path

from celery import shared_task
from reportlab.lib.pagesizes import A6
from reportlab.pdfgen import canvas

from .models import Shipment

logger = logging.getLogger(__name__)

PRINTERS = {"hall-a": "zebra_a", "hall-b": "zebra_b"}


class PrintError(Exception):
    pass


def draw(path, shipment):
    page = canvas.Canvas(str(path), pagesize=A6)
    page.setFont("Helvetica", 12)
    y = 380
    for line in (shipment.name, shipment.street, shipment.city, shipment.country):
        page.drawString(20, y, line)
        y -= 18
    page.setFont("Courier", 16)
    page.drawString(20, 60, "%012d" % shipment.pk)
    page.showPage()
    page.save()


def print_file(path, printer, copies):
    cmd = ["lp", "-d", printer, "-n", str(copies), "--", str(path)]
    proc = subprocess.run(cmd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=30)
    if proc.returncode:
        raise PrintError("lp returned %d" % proc.returncode)


@shared_task(max_retries=3, default_retry_delay=15)
def print_label(shipment_id, place, copies=1):
    printer = PRINTERS[place]
    shipment = Shipment.objects.get(pk=shipment_id)
    with tempfile.NamedTemporaryFile(prefix="label-", suffix=".pdf") as handle:
        draw(handle.name, shipment)
        print_file(handle.name, printer, max(1, min(int(copies), 5)))
    logger.info("label printed for shipment %d", shipment.pk)


@shared_task
def print_batch(shipment_ids, place):
    printer = PRINTERS[place]
    with tempfile.TemporaryDirectory(prefix="labels-") as folder:
        for number, shipment in enumerate(Shipment.objects.filter(pk__in=shipment_ids)):
            path = Path(folder) / ("%04d.pdf" % number)
            draw(path, shipment)
            print_file(path, printer, 1)
