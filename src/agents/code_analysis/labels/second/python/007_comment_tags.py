"""Template helpers for the comment list."""
import re

from django import template
from django.urls import reverse
from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.safestring import mark_safe

register = template.Library()

ISSUE = re.compile(r"\bISSUE-(\d{1,8})\b")
ICONS = {
    "bug": mark_safe('<i class="icon icon-bug"></i>'),
    "task": mark_safe('<i class="icon icon-task"></i>'),
}


def _issue_link(match):
    number = int(match.group(1))
    return '<a href="%s">ISSUE-%d</a>' % (reverse("issue", args=[number]), number)


@register.filter
def comment_text(value):
    """Escape the comment, then link the issue numbers in it."""
    text = str(escape(value))
    text = ISSUE.sub(_issue_link, text)
    text = text.replace("\r\n", "\n").replace("\n", "<br>")
    return mark_safe(text)


@register.simple_tag
def kind_icon(kind):
    return ICONS.get(kind, "")


@register.simple_tag
def label_list(labels):
    items = format_html_join(
        " ",
        '<span class="label" data-id="{}">{}</span>',
        ((label.pk, label.title) for label in labels),
    )
    return format_html('<div class="labels">{}</div>', items)


@register.filter
def author_name(comment):
    user = comment.author
    if user is None:
        return "anonymous"
    return conditional_escape(user.get_full_name() or user.get_username())
