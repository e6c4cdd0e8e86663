import json
import logging
import os
import zipfile

from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.http import JsonResponse
from django.views.decorators.http import require_POST

logger = logging.getLogger(__name__)
MAX_MEMBERS = 500
MAX_TOTAL = 20 * 1024 * 1024


def read_manifest(archive):
    with archive.open("plugin.json") as fh:
        return json.load(fh)


def unpack(archive, target):
    for info in archive.infolist():
        if info.is_dir():
            continue
        destination = os.path.join(target, info.filename)
        os.makedirs(os.path.dirname(destination), exist_ok=True)
        with archive.open(info) as src, open(destination, "wb") as dst:
            dst.write(src.read())


@staff_member_required
@require_POST
def import_plugin(request):
    upload = request.FILES["archive"]
    with zipfile.ZipFile(upload) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_TOTAL:
            return JsonResponse({"error": "archive too large"}, status=413)
        manifest = read_manifest(archive)
        slug = "".join(c for c in manifest["name"].lower() if c.isalnum())
        unpack(archive, os.path.join(settings.PLUGIN_ROOT, slug))
    logger.info("plugin %s imported", slug)
    return JsonResponse({"plugin": slug})
