//! What stands around every page of somebody who is signed in: the rail, the top bar, what the page before left.

mod bell;
mod connection;
mod rail;
mod theme_switch;
mod top_bar;

use leptos::prelude::*;
use leptos_router::components::Outlet;

use crate::components::banner::ProblemBanner;
use crate::session::use_session;
use rail::Rail;
use top_bar::TopBar;

/// The frame; sends whoever is not signed in to the sign-in page.
#[component]
pub fn Frame() -> impl IntoView {
    let session = use_session();
    if session.me.is_none() {
        #[cfg(feature = "ssr")]
        to_sign_in();
        return view! {
            <main class="p-6">
                <a class="text-accent underline" href="/sign-in" rel="external">
                    "Sign in"
                </a>
            </main>
        }
        .into_any();
    }
    let problem = session.flash.problem;
    view! {
        <a
            class="sr-only focus:not-sr-only focus:absolute focus:left-2 focus:top-2 focus:z-50 focus:rounded-control focus:bg-raised focus:p-2"
            href="#content"
            // The router would take the click and scroll; only the browser itself moves the focus too.
            rel="external"
        >
            "Skip to the page"
        </a>
        <div class="flex min-h-dvh max-phone:flex-col">
            <Rail/>
            <div class="flex min-w-0 flex-1 flex-col">
                <TopBar/>
                <main id="content" class="mx-auto w-full max-w-[1440px] flex-1 space-y-4 p-4 rail:p-6" tabindex="-1">
                    {problem.map(|problem| view! { <ProblemBanner problem/> })}
                    <Outlet/>
                </main>
            </div>
        </div>
    }
    .into_any()
}

/// Comes back to the page that was asked for.
#[cfg(feature = "ssr")]
fn to_sign_in() {
    let asked = use_context::<http::request::Parts>()
        .and_then(|parts| parts.uri.path_and_query().map(|asked| asked.as_str().to_owned()))
        .unwrap_or_default();
    let next = if asked.is_empty() || asked == "/" { String::new() } else { format!("?next={}", encoded(&asked)) };
    crate::server_fns::serve::redirect_page(&format!("/sign-in{next}"));
}

/// Encodes a path for a query's value.
#[cfg(feature = "ssr")]
fn encoded(path: &str) -> String {
    use std::fmt::Write as _;

    path.bytes().fold(String::with_capacity(path.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
