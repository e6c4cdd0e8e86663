import re

from django import template
from django.urls import reverse
from django.utils.safestring import mark_safe

register = template.Library()

MENTION = re.compile(r"@(\w{3,30})")


def _link(match):
    name = match.group(1)
    return '<a class="mention" href="%s">@%s</a>' % (
        reverse("profile", args=[name]),
        name,
    )


@register.filter
def comment_body(comment):
    text = comment.body.strip()
    text = MENTION.sub(_link, text)
    paragraphs = [p for p in text.split("\n\n") if p]
    html = "".join("<p>%s</p>" % p.replace("\n", "<br>") for p in paragraphs)
    return mark_safe(html)


@register.inclusion_tag("comments/thread.html", takes_context=True)
def comment_thread(context, page):
    comments = page.comments.select_related("author").order_by("created")
    return {
        "comments": comments,
        "can_reply": context["user"].is_authenticated,
        "count": len(comments),
    }
