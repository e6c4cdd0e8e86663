//! How a page lists things of one kind: a head that names the columns, a row a thing, one sentence where there is none.

use leptos::prelude::*;

use super::card::Card;
use super::empty::Empty;

/// The classes of a cell.
pub const CELL: &str = "border-b border-line px-3 py-2 align-middle max-phone:whitespace-nowrap";
/// The classes of the cell that names its row: a `th` of scope `row`.
pub const NAME: &str = "min-w-36 border-b border-line px-3 py-2 text-left align-middle font-medium";
/// The classes of a name that programs give, as a skill's.
pub const CODE_NAME: &str =
    "border-b border-line px-3 py-2 text-left align-middle font-mono text-12 font-medium max-phone:whitespace-nowrap";
/// The classes of a cell with a number.
pub const NUMBER: &str = "whitespace-nowrap border-b border-line py-2 pl-3 pr-5 text-right align-middle tabular-nums";
/// The classes of a cell with what programs read, as a pattern.
pub const CODE: &str = "border-b border-line px-3 py-2 align-middle font-mono text-12 max-phone:whitespace-nowrap";
/// The classes of a cell that explains more than it says, as when something was.
pub const QUIET: &str = "border-b border-line px-3 py-2 align-middle text-muted max-phone:whitespace-nowrap";
/// The classes of a cell with buttons.
pub const ACTIONS: &str = "whitespace-nowrap border-b border-line px-3 py-2 text-right align-middle";

const HEAD: &str = "whitespace-nowrap border-y border-line bg-sunken px-3 py-1.5 text-left text-12 font-medium text-soft";
const NUMBER_HEAD: &str = "whitespace-nowrap border-y border-line bg-sunken py-1.5 pl-3 pr-5 text-right text-12 font-medium text-soft";
const ROOMY_HEAD: &str =
    "whitespace-nowrap border-y border-line bg-sunken px-3 py-1.5 text-left text-12 font-medium text-soft max-phone:hidden";

/// A column's heading.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// Words.
    Text(&'static str),
    /// Numbers, which stand to the right.
    Number(&'static str),
    /// Words that a phone has no room for; the cells hide themselves too.
    Roomy(&'static str),
    /// Buttons: named for who hears the page, and without a heading.
    Actions,
}

impl Column {
    fn head(self) -> AnyView {
        let (class, words) = match self {
            Self::Text(words) => (HEAD, words),
            Self::Number(words) => (NUMBER_HEAD, words),
            Self::Roomy(words) => (ROOMY_HEAD, words),
            Self::Actions => {
                return view! { <th scope="col" class=HEAD><span class="sr-only">"Actions"</span></th> }.into_any();
            }
        };
        view! { <th scope="col" class=class>{words}</th> }.into_any()
    }
}

/// A table that scrolls within its frame where the page is too narrow for it.
#[component]
pub fn Table(
    /// What it lists.
    label: &'static str,
    /// Its columns.
    columns: Vec<Column>,
    /// What a test holds on to.
    #[prop(optional, into)]
    test_id: Option<&'static str>,
    /// Its rows.
    children: Children,
) -> impl IntoView {
    let head: Vec<_> = columns.into_iter().map(Column::head).collect();
    view! {
        <div class="relative min-w-0 overflow-x-auto" role="group" aria-label=label tabindex="0">
            <table class="w-full border-collapse text-13" data-testid=test_id>
                <caption class="sr-only">{label}</caption>
                <thead>
                    <tr>{head}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A part of a page that is a list: its table, or what to do where nothing is listed.
#[component]
pub fn TableCard(
    /// The heading, which is also what the table lists.
    title: &'static str,
    /// The columns.
    columns: Vec<Column>,
    /// The rows.
    rows: Vec<AnyView>,
    /// What is said where there is no row.
    empty: &'static str,
    /// What a test holds on to.
    #[prop(optional, into)]
    test_id: Option<&'static str>,
) -> impl IntoView {
    let body = if rows.is_empty() {
        view! { <Empty text=empty/> }.into_any()
    } else {
        view! { <Table label=title columns>{rows}</Table> }.into_any()
    };
    view! { <Card title flush=true test_id>{body}</Card> }.into_any()
}
