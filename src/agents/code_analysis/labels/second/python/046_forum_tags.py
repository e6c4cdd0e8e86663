import re

from django import template
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.timesince import timesince

register = template.Library()

MENTION = re.compile(r"@(\w{2,30})")
HASHTAG = re.compile(r"#(\w{1,40})")


def link_mention(match):
    username = match.group(1)
    url = reverse("profile", args=[username])
    return '<a class="mention" href="%s">@%s</a>' % (url, username)


def link_hashtag(match):
    tag = match.group(1)
    return '<a class="tag" href="%s">#%s</a>' % (reverse("tag", args=[tag]), tag)


@register.filter
def post_body(post):
    """Text of a forum post (as typed by its author) with links."""
    text = post.body
    text = MENTION.sub(link_mention, text)
    text = HASHTAG.sub(link_hashtag, text)
    paragraphs = [p for p in text.split("\n\n") if p.strip()]
    return mark_safe("".join("<p>%s</p>" % p for p in paragraphs))


@register.simple_tag
def avatar(user, size=32):
    return format_html(
        '<img class="avatar" alt="{}" width="{}" src="{}">',
        user.get_username(),
        size,
        reverse("avatar", args=[user.pk]),
    )


@register.filter
def age(post):
    return timesince(post.created_at).split(",")[0]


@register.simple_tag
def member_count():
    return get_user_model().objects.filter(is_active=True).count()
