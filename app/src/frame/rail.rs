//! Where one can go: the rail at the left, icons only on narrow screens, a row on a phone.

use baton_domain::user::Permission;
use leptos::prelude::*;
use leptos_router::components::A;

use crate::components::icon::{Icon, Sign};
use crate::session::use_session;

/// The rail.
#[component]
pub fn Rail() -> impl IntoView {
    let session = use_session();
    view! {
        <nav
            aria-label="Pages"
            class="sticky top-0 flex h-dvh w-[232px] shrink-0 flex-col gap-4 overflow-y-auto border-r border-line bg-sunken p-3 max-rail:w-14 max-rail:items-center max-phone:relative max-phone:h-auto max-phone:w-full max-phone:flex-row max-phone:items-center max-phone:gap-2 max-phone:overflow-x-auto max-phone:border-b max-phone:border-r-0 max-phone:py-2"
        >
            <a href="/" class="flex items-center gap-2 px-2 text-16 font-semibold max-rail:px-0">
                <svg class="size-6 shrink-0" viewBox="0 0 32 32" aria-hidden="true">
                    <rect width="32" height="32" rx="8" class="fill-accent"></rect>
                    <path d="M7.5 24.5 22 10" class="stroke-accent-text" stroke-width="3.4" stroke-linecap="round"></path>
                    <circle cx="24" cy="8" r="3.6" class="fill-accent-text"></circle>
                </svg>
                <span class="max-rail:sr-only">"Baton"</span>
            </a>
            <Group name="Work">
                <Place href="/" sign=Sign::Overview words="Overview" exact=true/>
                <Place href="/tasks" sign=Sign::Tasks words="Tasks"/>
                <Place href="/workflows" sign=Sign::Flow words="Workflows"/>
                <Place href="/runs" sign=Sign::Play words="Runs"/>
            </Group>
            <Group name="Decide">
                <Place href="/approvals" sign=Sign::Check words="Approvals"/>
                <Place href="/decisions" sign=Sign::Scale words="Decisions"/>
                <Place href="/conflicts" sign=Sign::Alert words="Conflicts"/>
            </Group>
            <Group name="Agents">
                <Place href="/agents" sign=Sign::Agents words="Agents"/>
                <Place href="/servers" sign=Sign::Servers words="Servers"/>
                <Place href="/limits" sign=Sign::Pause words="Limits"/>
                <Place href="/topics" sign=Sign::Topics words="Topics"/>
            </Group>
            <Group name="Outside">
                <Place href="/models" sign=Sign::Person words="Models"/>
                <Place href="/connections" sign=Sign::ArrowRight words="Connections"/>
            </Group>
            <Group name="Observe">
                <Place href="/events" sign=Sign::Clock words="Events"/>
            </Group>
            {session
                .may(Permission::Administer)
                .then(|| {
                    view! {
                        <Group name="Set up">
                            <Place href="/members" sign=Sign::Members words="Members"/>
                        </Group>
                    }
                })}
            <a
                href="/api/docs"
                rel="external"
                class="mt-auto rounded-control px-2 py-1 text-12 text-muted hover:text-text max-rail:sr-only max-phone:hidden"
            >
                "API reference"
            </a>
        </nav>
    }
    .into_any()
}

#[component]
fn Group(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="w-full max-phone:w-auto">
            <p class="px-2 pb-1 text-12 font-medium text-muted max-rail:sr-only">{name}</p>
            <ul class="space-y-0.5 max-phone:flex max-phone:gap-1 max-phone:space-y-0">{children()}</ul>
        </div>
    }
    .into_any()
}

#[component]
fn Place(href: &'static str, sign: Sign, words: &'static str, #[prop(optional)] exact: bool) -> impl IntoView {
    view! {
        <li>
            <A
                href=href
                exact=exact
                attr:class="flex items-center gap-2 rounded-control px-2 py-1.5 text-14 text-soft hover:bg-raised hover:text-text aria-[current=page]:bg-raised aria-[current=page]:font-medium aria-[current=page]:text-accent max-rail:justify-center"
                attr:title=words
            >
                <Icon sign/>
                <span class="max-rail:sr-only">{words}</span>
            </A>
        </li>
    }
    .into_any()
}
