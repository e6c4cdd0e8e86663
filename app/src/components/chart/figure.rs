//! How is a chart shown, drawn in the browser and readable without seeing it?
//!
//! The server renders the frame and the data as a table; only in the browser does ECharts draw into the frame.

use leptos::{ev, html, prelude::*};
use serde_json::Value;
use std::time::Duration;
use web_sys::HtmlElement;

use super::data_table::{DataTable, MAXIMUM_ROWS, table_of};
use super::echarts::{Drawing, when_loaded};
use super::surroundings::{ThemeWatch, WidthWatch, motion_unwanted, theme_now};
use crate::reactive::memo;

/// Pixels, unless the page says otherwise.
const HEIGHT: u32 = 240;
/// A chart is drawn at most this often, however fast its data changes.
const SHORTEST_PAUSE: Duration = Duration::from_millis(300);

/// A chart of `options`, as ECharts has them. Colours may be given as the page's own, `var(--color-…)`.
#[component]
pub fn Chart(
    /// What to draw.
    #[prop(into)]
    options: Signal<Value>,
    /// What it shows, for those who do not see it.
    #[prop(into)]
    label: String,
    /// Pixels; 240 when absent.
    #[prop(optional)]
    height: Option<u32>,
) -> impl IntoView {
    let frame = NodeRef::<html::Div>::new();
    let failed = RwSignal::new(false);
    Effect::new(move |_| {
        if let Some(frame) = frame.get() {
            draw_in(&frame, options, failed);
        }
    });

    let frame_style = format!("height:{}px", height.unwrap_or(HEIGHT));
    view! {
        <figure class="min-w-0" data-testid="chart">
            <div node_ref=frame role="img" aria-label=label.clone() style=frame_style class="w-full min-w-0"></div>
            <Show when=move || failed.get()>
                <p class="text-12 text-muted" role="status">
                    "The chart could not be drawn. Reload the page to try again; its data is below."
                </p>
            </Show>
            <Data options label />
        </figure>
    }
}

/// Draws into `frame` for as long as the calling effect lives. Runs in the browser only.
fn draw_in(frame: &HtmlElement, options: Signal<Value>, failed: RwSignal<bool>) {
    let drawing = StoredValue::new_local(None::<Drawing>);
    let loaded = RwSignal::new(false);
    let width = RwSignal::new(0);
    let theme = RwSignal::new(theme_now());
    // Dropped with their owner, which ends the watching.
    StoredValue::new_local(WidthWatch::start(frame, move |now| {
        width.try_set(now);
    }));
    StoredValue::new_local(ThemeWatch::start(move || {
        theme.try_set(theme_now());
    }));
    when_loaded(move |there| {
        if there {
            loaded.try_set(true);
        } else {
            failed.try_set(true);
        }
    });

    // A chart in a closed fold has no width; it is drawn when it gets one.
    let visible = memo(move |_| width.get() > 0);
    let cooling = StoredValue::new(false);
    let missed = StoredValue::new(false);
    let again = RwSignal::new(0_u32);
    let frame = StoredValue::new_local(frame.clone());
    Effect::new(move |_| {
        again.track();
        options.track();
        let theme = theme.get();
        if !loaded.get() || !visible.get() {
            return;
        }
        if cooling.get_value() {
            missed.set_value(true);
            return;
        }
        let drawn = drawing.try_update_value(|drawing| {
            if drawing.is_none() {
                *drawing = frame.with_value(|frame| Drawing::start(frame, theme));
            }
            drawing.as_mut().is_some_and(|drawing| options.with_untracked(|options| drawing.show(options, theme, motion_unwanted())))
        });
        failed.try_set(drawn != Some(true));
        cooling.set_value(true);
        set_timeout(
            move || {
                cooling.try_set_value(false);
                if missed.try_get_value() == Some(true) {
                    missed.try_set_value(false);
                    again.try_update(|count| *count = count.wrapping_add(1));
                }
            },
            SHORTEST_PAUSE,
        );
    });
    Effect::new(move |_| {
        if width.get() > 0 {
            drawing.try_with_value(|drawing| drawing.as_ref().map(Drawing::fit));
        }
    });
}

/// The data of the chart as a table, under a fold. While the fold is closed the table stays as it was.
#[component]
fn Data(options: Signal<Value>, label: String) -> impl IntoView {
    let open = RwSignal::new(false);
    let table = memo(move |before: Option<&DataTable>| match before {
        Some(before) if !open.get() => before.clone(),
        _ => options.with(table_of),
    });
    let toggled = move |event: ev::Event| {
        let fold = event_target::<web_sys::Element>(&event);
        open.set(fold.has_attribute("open"));
    };
    let region = format!("{label}: data");
    view! {
        <details class="mt-1 text-12" on:toggle=toggled>
            <summary class="cursor-pointer text-muted">"Data"</summary>
            <div class="mt-1 max-h-72 overflow-auto rounded-control border border-line" role="region" aria-label=region tabindex="0">
                {move || table.with(|table| view_of(table, &label))}
            </div>
        </details>
    }
}

fn view_of(table: &DataTable, label: &str) -> AnyView {
    if table.rows.is_empty() {
        return view! { <p class="p-2 text-muted">"No data."</p> }.into_any();
    }
    let heads: Vec<_> =
        table.heads.iter().map(|head| view! { <th scope="col" class="px-2 py-1 text-left font-medium">{head.clone()}</th> }).collect();
    let rows: Vec<_> = table
        .rows
        .iter()
        .map(|row| {
            let cells: Vec<_> = row.iter().map(|cell| view! { <td class="px-2 py-0.5">{cell.clone()}</td> }).collect();
            view! { <tr class="border-t border-line">{cells}</tr> }
        })
        .collect();
    let cut = table.cut.then(|| view! { <p class="p-2 text-muted">{format!("The first {MAXIMUM_ROWS} rows.")}</p> });
    view! {
        <table class="w-full font-mono text-12 tabular-nums">
            <caption class="sr-only">{label.to_owned()}</caption>
            <thead class="bg-sunken">
                <tr>{heads}</tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        {cut}
    }
    .into_any()
}
