//! Which signs there are; drawn in the page itself, in the colour of the text around them.

use baton_domain::agent::Family;
use baton_domain::task::TaskState;
use leptos::prelude::*;

/// A sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say what is drawn")]
pub enum Sign {
    Overview,
    Tasks,
    Agents,
    Servers,
    Topics,
    Members,
    Plus,
    Sun,
    Moon,
    Screen,
    Person,
    Menu,
    Copy,
    Check,
    Cross,
    Alert,
    Bell,
    Search,
    Download,
    Clock,
    ArrowRight,
    Play,
    Pause,
    Stop,
    Repeat,
    Hand,
    Table,
    Text,
    Globe,
    Page,
    Code,
    Spark,
    Info,
    Flow,
    Scale,
}

impl Sign {
    const fn path(self) -> &'static str {
        match self {
            Self::Overview => "M2.5 9.5V13M6.2 6v7M9.8 8v5M13.5 3v10",
            Self::Tasks => "M2.5 4h1M2.5 8h1M2.5 12h1M6 4h7.5M6 8h7.5M6 12h7.5",
            Self::Agents => "M3 6.5h10v6H3zM8 6.5v-3M8 3.5h.01M6 9.5h.01M10 9.5h.01",
            Self::Servers => "M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.01M5 11h.01",
            Self::Topics => "M2.500 8h2M11.500 8h2M5.500 4.500a4.500 4.500 0 0 0 0 7M10.500 4.500a4.500 4.500 0 0 1 0 7M8 8h.01",
            Self::Members => {
                "M5.8 7.5a2.3 2.3 0 1 0 0-4.600 2.300 2.300 0 0 0 0 4.600M2 13c0-2.200 1.600-3.600 3.800-3.600S9.600 10.800 9.600 13M10.500 7.200a2 2 0 1 0-.8-3.800M11.400 9.500c1.600.2 2.600 1.500 2.600 3.500"
            }
            Self::Plus => "M8 3v10M3 8h10",
            Self::Sun => {
                "M8 10.700a2.700 2.700 0 1 0 0-5.400 2.700 2.700 0 0 0 0 5.400M8 1.500v1.200M8 13.300v1.200M1.500 8h1.200M13.300 8h1.200M3.400 3.400l.9.9M11.700 11.700l.9.9M12.600 3.400l-.9.9M4.300 11.700l-.9.9"
            }
            Self::Moon => "M13.500 9.300A5.600 5.600 0 0 1 6.700 2.500a5.700 5.700 0 1 0 6.800 6.800",
            Self::Screen => "M2 3h12v8H2zM6 14h4M8 11v3",
            Self::Person => "M8 8a2.700 2.700 0 1 0 0-5.400A2.700 2.700 0 0 0 8 8M3 14c0-2.600 2.100-4.200 5-4.200s5 1.600 5 4.200",
            Self::Menu => "M2.500 4.500h11M2.500 8h11M2.500 11.500h11",
            Self::Copy => "M5.500 5.500h8v8h-8zM3 10.500H2.500v-8h8V3",
            Self::Check => "M3 8.500l3.200 3.200L13 4.800",
            Self::Cross => "M4 4l8 8M12 4l-8 8",
            Self::Alert => "M8 2.200 14.500 13.500h-13zM8 6.500v3M8 11.500h.01",
            Self::Bell => "M3.500 11.500h9L11.500 10V7a3.500 3.500 0 0 0-7 0v3zM6.800 13.500h2.400M8 3.500v-1",
            Self::Search => "M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9M10.300 10.300 14 14",
            Self::Download => "M8 2.500v8M4.800 7.500 8 10.700l3.200-3.200M2.500 13.500h11",
            Self::Clock => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M8 4.800V8l2.300 1.500",
            Self::ArrowRight => "M3 8h10M9 4l4 4-4 4",
            Self::Play => "M5 3.200v9.600l7.500-4.800z",
            Self::Pause => "M5.500 3.500v9M10.500 3.500v9",
            Self::Stop => "M4 4h8v8H4z",
            Self::Repeat => "M3 8a5 5 0 0 1 8.600-3.500L13 6M13 2.800V6H9.800M13 8a5 5 0 0 1-8.600 3.500L3 10M3 13.200V10h3.200",
            Self::Hand => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M5.500 8h5",
            Self::Table => "M2.500 3h11v10h-11zM2.500 6.500h11M6.500 6.500V13",
            Self::Text => "M3 4h10M3 7.300h10M3 10.600h6",
            Self::Globe => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M2 8h12M8 2c2.300 2.300 2.300 9.700 0 12M8 2C5.700 4.300 5.700 11.700 8 14",
            Self::Page => "M4 2.500h5.500L12 5v8.500H4zM9 2.500V5.500h3",
            Self::Code => "M5.500 4.500 2 8l3.500 3.500M10.500 4.500 14 8l-3.500 3.500",
            Self::Spark => "M8 2v3.500M8 10.500V14M2 8h3.500M10.500 8H14",
            Self::Flow => "M2.500 2.500h4v3h-4zM9.500 10.500h4v3h-4zM4.500 5.500V12h5",
            Self::Scale => "M8 2.500v11M5.500 13.500h5M3 5h10M3 5l-1.500 4h3zM13 5l-1.500 4h3z",
            Self::Info => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M8 7.300v3.400M8 5.200h.01",
        }
    }

    /// The sign of a task's state, so that colour is never alone.
    #[must_use]
    pub const fn of_state(state: TaskState) -> Self {
        match state {
            TaskState::Queued => Self::Menu,
            TaskState::Assigned => Self::ArrowRight,
            TaskState::Running => Self::Play,
            TaskState::Waiting | TaskState::TimedOut => Self::Clock,
            TaskState::Paused => Self::Pause,
            TaskState::Completed => Self::Check,
            TaskState::Failed => Self::Cross,
            TaskState::Canceled => Self::Stop,
            TaskState::Rejected => Self::Hand,
        }
    }

    /// The sign of a family of agents.
    #[must_use]
    pub const fn of_family(family: Family) -> Self {
        match family {
            Family::DataScience => Self::Table,
            Family::Nlp => Self::Text,
            Family::WebAutomation => Self::Globe,
            Family::Documentation => Self::Page,
            Family::CodeAnalysis => Self::Code,
            Family::Custom => Self::Spark,
        }
    }
}

/// A sign beside text that says the same; never the only thing that says it.
#[component]
pub fn Icon(
    /// Which.
    #[prop(into)]
    sign: Signal<Sign>,
    /// Its size as a class; 16 px when absent.
    #[prop(default = "size-4")]
    size: &'static str,
) -> impl IntoView {
    view! {
        <svg
            class=format!("{size} shrink-0")
            viewBox="0 0 16 16"
            fill="none"
            stroke="currentColor"
            stroke-width="1.5"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d=move || sign.get().path()></path>
        </svg>
    }
    .into_any()
}
