//! How is a text in Markdown drawn? As elements that are made here, never as HTML that somebody else wrote.

mod blocks;
mod inline;

use baton_domain::task::within;
use leptos::prelude::*;

use blocks::{Block, blocks};
use inline::{Inline, inline};

/// The most bytes that are drawn; the whole text stands in the result's JSON.
const LONGEST: usize = 200_000;
const HEAD: &str = "border-b border-line px-2 py-1 text-left font-medium";
const CELL: &str = "border-b border-line px-2 py-1 align-top";

/// A text in Markdown. Its headings stand below those of the card it is on.
#[component]
pub fn Markdown(
    /// As it was written.
    text: String,
) -> impl IntoView {
    let shown = within(&text, LONGEST);
    let cut = (shown.len() < text.len()).then(|| view! { <p class="text-12 text-muted">"The text is longer; the JSON has the whole."</p> });
    view! {
        <div class="grid max-w-[75ch] min-w-0 gap-2 text-14 break-words" data-testid="markdown">
            {drawn(&blocks(&shown))}
            {cut}
        </div>
    }
}

fn drawn(blocks: &[Block<'_>]) -> Vec<AnyView> {
    blocks.iter().map(one).collect()
}

fn one(block: &Block<'_>) -> AnyView {
    match block {
        Block::Heading(1 | 2, text) => view! { <h4 class="mt-2 text-16 font-medium">{words(text)}</h4> }.into_any(),
        Block::Heading(3, text) => view! { <h5 class="mt-1 text-14 font-medium">{words(text)}</h5> }.into_any(),
        Block::Heading(_, text) => view! { <h6 class="text-13 font-medium text-soft">{words(text)}</h6> }.into_any(),
        Block::Paragraph(lines) => view! { <p>{paragraph(lines)}</p> }.into_any(),
        Block::Code(lines) => {
            let code = lines.join("\n");
            view! { <pre class="max-h-96 overflow-auto rounded-card border border-line bg-sunken p-3 font-mono text-12" tabindex="0">{code}</pre> }
                .into_any()
        }
        Block::Quote(inner) => {
            view! { <blockquote class="grid gap-2 border-l-2 border-line pl-3 text-soft">{drawn(inner)}</blockquote> }.into_any()
        }
        Block::List { from, items } => {
            let items: Vec<_> = items.iter().map(|item| view! { <li>{of_item(item)}</li> }).collect();
            match from {
                Some(first) => view! { <ol class="grid list-decimal gap-1 pl-6" start=first.to_string()>{items}</ol> }.into_any(),
                None => view! { <ul class="grid list-disc gap-1 pl-5">{items}</ul> }.into_any(),
            }
        }
        Block::Table(head, rows) => {
            let head: Vec<_> = head.iter().map(|cell| view! { <th scope="col" class=HEAD>{words(cell)}</th> }).collect();
            let rows: Vec<_> = rows
                .iter()
                .map(|row| {
                    let cells: Vec<_> = row.iter().map(|cell| view! { <td class=CELL>{words(cell)}</td> }).collect();
                    view! { <tr>{cells}</tr> }
                })
                .collect();
            view! {
                <div class="overflow-x-auto" tabindex="0" role="region" aria-label="Table">
                    <table class="text-13"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>
                </div>
            }
            .into_any()
        }
        Block::Rule => view! { <hr class="border-line"/> }.into_any(),
    }
}

/// An item of one paragraph is drawn without the paragraph's distance.
fn of_item(blocks: &[Block<'_>]) -> Vec<AnyView> {
    match blocks.split_first() {
        Some((Block::Paragraph(lines), rest)) => {
            let mut views = paragraph(lines);
            views.extend(drawn(rest));
            views
        }
        _ => drawn(blocks),
    }
}

/// Lines flow into one another, but for those that end with two spaces or a backslash.
fn paragraph(lines: &[&str]) -> Vec<AnyView> {
    let mut views = Vec::new();
    let mut flowing = String::new();
    for (place, line) in lines.iter().enumerate() {
        let breaks = place + 1 < lines.len() && (line.ends_with("  ") || line.ends_with('\\'));
        flowing.push_str(line.trim().trim_end_matches('\\'));
        if breaks {
            views.extend(words(&std::mem::take(&mut flowing)));
            views.push(view! { <br/> }.into_any());
        } else if place + 1 < lines.len() {
            flowing.push(' ');
        }
    }
    views.extend(words(&flowing));
    views
}

fn words(text: &str) -> Vec<AnyView> {
    views(&inline(text))
}

fn views(parts: &[Inline]) -> Vec<AnyView> {
    parts
        .iter()
        .map(|part| match part {
            Inline::Text(text) => text.clone().into_any(),
            Inline::Code(code) => view! { <code class="rounded-control bg-sunken px-1 font-mono text-12">{code.clone()}</code> }.into_any(),
            Inline::Strong(inner) => view! { <strong class="font-medium">{views(inner)}</strong> }.into_any(),
            Inline::Emphasis(inner) => view! { <em>{views(inner)}</em> }.into_any(),
            Inline::Link(inner, address) => {
                view! { <a class="text-accent underline" href=address.clone() rel="external noopener noreferrer nofollow">{views(inner)}</a> }.into_any()
            }
        })
        .collect()
}
