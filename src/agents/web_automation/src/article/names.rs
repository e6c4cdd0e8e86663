//! What do the classes and ids of an element say of its part in a page?

/// The words of a class or an id: `cnn_storyHighlights-2` has `cnn`, `story`, `highlights` (capitals are gone by then).
fn words(class: &str) -> impl Iterator<Item = &str> {
    class.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty())
}

fn any(class: &str, known: &[&str]) -> bool {
    words(class).any(|word| known.contains(&word))
}

/// Whether an element never is of an article, whatever it says.
pub(super) fn surely_frames(class: &str) -> bool {
    const WORDS: &[&str] = &[
        "comment",
        "comments",
        "disqus",
        "share",
        "sharing",
        "social",
        "related",
        "breadcrumb",
        "breadcrumbs",
        "pagination",
        "pager",
        "newsletter",
        "subscribe",
        "subscription",
        "cookie",
        "cookies",
        "advert",
        "advertisement",
        "ads",
        "promo",
        "sponsor",
        "sponsored",
        "outbrain",
        "taboola",
        "recommended",
        "recommendations",
        "popup",
        "modal",
        "login",
        "signup",
        "navbar",
        "navigation",
        "nav",
        "menu",
        "banner",
        "masthead",
        "toolbar",
        "navheader",
        "navfooter",
        "headerlink",
        "permalink",
        "editsection",
        "hidden",
    ];
    any(class, WORDS) || ["comment", "disqus_", "sharedaddy", "relatedpost", "share-"].iter().any(|part| class.contains(part))
}

/// Whether an element most likely frames an article.
pub(super) fn frames(class: &str) -> bool {
    const WORDS: &[&str] = &[
        "sidebar",
        "footer",
        "foot",
        "toc",
        "tags",
        "widget",
        "author",
        "bio",
        "byline",
        "teaser",
        "teasers",
        "popular",
        "trending",
        "more",
        "header",
        "aside",
        "rail",
        "highlights",
        "copyright",
        "meta",
        "infobox",
        "navbox",
        "feedback",
        "search",
    ];
    surely_frames(class) || any(class, WORDS)
}

/// Whether an element holds a whole article: no section of it stands outside.
pub(super) fn whole(class: &str) -> bool {
    const WORDS: &[&str] = &["content", "article", "main", "entry", "post", "story", "document", "bodywrapper"];
    any(class, WORDS)
}

/// Whether an element is the title of something.
pub(super) fn title(class: &str) -> bool {
    any(class, &["title", "headline", "heading"])
}

/// Whether an element holds notes or what is for editors.
pub(super) fn notes(class: &str) -> bool {
    const WORDS: &[&str] = &["reflist", "references", "editsection", "navbox", "headerlink", "permalink", "navheader", "navfooter"];
    any(class, WORDS)
}

/// Whether a short element is a line about the article: who wrote it when, and what it is filed under.
pub(super) fn line(class: &str) -> bool {
    const WORDS: &[&str] = &[
        "byline",
        "dateline",
        "date",
        "pubdate",
        "published",
        "timestamp",
        "author",
        "tags",
        "categories",
        "cat",
        "highlights",
        "share",
        "sharing",
        "social",
        "related",
        "breadcrumb",
        "breadcrumbs",
        "edit",
        "permalink",
        "modified",
    ];
    any(class, WORDS)
}
