import io
import json
import logging
import os
import shutil
import tarfile
import tempfile

from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpResponseBadRequest, JsonResponse
from django.views.decorators.http import require_POST

logger = logging.getLogger(__name__)

MAX_PACKAGE = 20 * 1024 * 1024


class InvalidPackage(Exception):
    pass


def unpack(blob, destination):
    try:
        with tarfile.open(fileobj=io.BytesIO(blob), mode="r:gz") as archive:
            archive.extractall(destination)
    except tarfile.TarError as exc:
        raise InvalidPackage("unreadable archive") from exc


def read_manifest(folder):
    try:
        with open(os.path.join(folder, "plugin.json"), encoding="utf-8") as fh:
            manifest = json.load(fh)
        return int(manifest["id"]), str(manifest["version"])
    except (OSError, KeyError, ValueError) as exc:
        raise InvalidPackage("no usable plugin.json") from exc


def install(blob):
    staging = tempfile.mkdtemp(prefix="plugin-")
    try:
        unpack(blob, staging)
        plugin_id, version = read_manifest(staging)
        target = os.path.join(settings.PLUGIN_ROOT, "plugin-%d" % plugin_id)
        if os.path.exists(target):
            shutil.rmtree(target)
        shutil.copytree(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return plugin_id, version


@require_POST
@staff_member_required
def upload_plugin(request):
    package = request.FILES.get("package")
    if package is None or package.size > MAX_PACKAGE:
        return HttpResponseBadRequest("package missing or too large")
    try:
        plugin_id, version = install(package.read())
    except InvalidPackage as exc:
        return HttpResponseBadRequest(str(exc), content_type="text/plain")
    logger.info("plugin %d installed", plugin_id)
    return JsonResponse({"id": plugin_id, "version": version})
