//! How is a text of many lines written that something may be wrong with? In a text area as high as its text, beside the numbers of its lines.

use crate::reactive::{effect, memo};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::HtmlDocument;

/// The height of a line, in pixels.
const LINE: u32 = 20;
/// The fewest lines that there is room for.
const FEWEST: usize = 16;
/// How many lines above the one that is gone to stay in sight.
const ABOVE: u32 = 4;

/// A place in the text; both count from 1, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// A text area with numbered lines.
#[component]
pub fn CodeEditor(
    /// The name that it is sent under.
    name: &'static str,
    /// What people read.
    #[prop(into)]
    label: String,
    /// The text. Set from outside it does not change what is shown: only typing does.
    text: RwSignal<String>,
    /// Lines with something wrong.
    #[prop(into)]
    wrong: Signal<Vec<u32>>,
    /// Where the caret is to go; emptied once it is there.
    go: RwSignal<Option<Place>>,
    /// The id of what explains it.
    #[prop(optional, into)]
    described_by: Option<&'static str>,
) -> impl IntoView {
    let area = NodeRef::<html::Textarea>::new();
    let frame = NodeRef::<html::Div>::new();
    let lines = memo(move |_| text.with(|text| text.split('\n').count()).max(FEWEST));
    let numbers = move || (1..=lines.get()).map(|line| line.to_string()).collect::<Vec<_>>().join("\n");
    let marks = move || {
        let mut wrong = wrong.get();
        wrong.dedup();
        wrong
            .into_iter()
            .map(|line| {
                let place = format!("top:{}px", 8 + line.saturating_sub(1) * LINE);
                view! { <span class="absolute left-0 w-full bg-danger-tint pl-1 font-bold text-danger" style=place>"!"</span> }
            })
            .collect_view()
    };
    effect(move || {
        let (Some(place), Some(area), Some(frame)) = (go.get(), area.get(), frame.get()) else { return };
        let (start, end) = text.with_untracked(|text| selection(text, place));
        // What has no focus then is a page that is on its way out.
        let _ = area.focus();
        let _ = area.set_selection_range(start, end);
        frame.set_scroll_top(i32::try_from(place.line.saturating_sub(ABOVE) * LINE).unwrap_or(i32::MAX));
        go.set(None);
    });
    effect(move || {
        // What was typed before the page was alive.
        if let Some(area) = area.get() {
            let typed = area.value();
            if text.with_untracked(|text| *text != typed) {
                text.set(typed);
            }
        }
    });
    let first = text.get_untracked().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let id = format!("field-{name}");
    view! {
        <div class="min-w-0">
            <label class=crate::components::field::LABEL for=id.clone()>
                {label}
            </label>
            <div class="max-h-[75vh] overflow-auto rounded-control border border-line-strong bg-raised focus-within:border-accent" node_ref=frame>
                <div class="relative flex">
                    <pre class="relative w-10 shrink-0 select-none border-r border-line bg-sunken py-2 pr-2 text-right font-mono text-12 leading-5 text-muted" aria-hidden="true">
                        {marks}
                        <span class="relative">{numbers}</span>
                    </pre>
                    <textarea
                        id=id
                        name=name
                        node_ref=area
                        class="block min-w-0 flex-1 resize-none overflow-x-auto overflow-y-hidden whitespace-pre bg-transparent p-2 font-mono text-12 leading-5 text-text"
                        style=move || format!("height:{}px", 28 + u32::try_from(lines.get()).unwrap_or(u32::MAX / 40) * LINE)
                        wrap="off"
                        spellcheck="false"
                        autocomplete="off"
                        autocapitalize="off"
                        aria-describedby=described_by
                        aria-invalid=move || wrong.with(|wrong| !wrong.is_empty()).then_some("true")
                        data-testid=name
                        on:input=move |event| text.set(event_target_value(&event))
                        on:keydown=move |event| {
                            if event.key() == "Enter" && !event.is_composing() && !event.ctrl_key() && !event.meta_key() && !event.alt_key() {
                                indent(&event, area);
                            }
                        }
                        inner_html=first
                    ></textarea>
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// Begins the next line below where this one begins.
fn indent(event: &web_sys::KeyboardEvent, area: NodeRef<html::Textarea>) {
    let Some(area) = area.get_untracked() else { return };
    let caret = area.selection_start().ok().flatten().unwrap_or_default() as usize;
    let before: Vec<u16> = area.value().encode_utf16().take(caret).collect();
    let before = String::from_utf16_lossy(&before);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let blanks: String = line.chars().take_while(|letter| *letter == ' ').collect();
    if blanks.is_empty() {
        return;
    }
    // As typed, so that it can be undone. Where a browser does not do it, the line break alone is typed as ever.
    let typed =
        document().unchecked_into::<HtmlDocument>().exec_command_with_show_ui_and_value("insertText", false, &format!("\n{blanks}"));
    if typed == Ok(true) {
        event.prevent_default();
    }
}

/// From a place to the end of its line, as a text area counts.
fn selection(text: &str, place: Place) -> (u32, u32) {
    let units = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
    let mut start = 0;
    for (number, line) in (1..).zip(text.split('\n')) {
        if number == place.line {
            let before: String = line.chars().take(place.column.saturating_sub(1) as usize).collect();
            return (start + units(&before), start + units(line));
        }
        start += units(line) + 1;
    }
    let end = start.saturating_sub(1);
    (end, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_where_letters_take_two_units() {
        let text = "name: x\nsteps: 𝄞a\nlast";
        let selected = |line, column| selection(text, Place { line, column });
        assert_eq!([selected(1, 1), selected(2, 9), selected(3, 3), selected(9, 1)], [(0, 7), (17, 18), (21, 23), (23, 23)]);
    }
}
