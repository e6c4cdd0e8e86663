//! Baton's dashboard, compiled twice: for the server, which draws every page with its data, and for the browser, which
//! takes the page over and keeps it live.
//!
//! Pages read and act through [`server_fns`], over the same services as REST. What commits on the server reaches open
//! pages through [`live`].
#![recursion_limit = "256"]
#![expect(unreachable_pub, reason = "the component macro writes pub for components that only this crate uses")]

mod app;
pub mod components;
pub mod crash;
pub mod flash;
pub mod form_action;
pub mod format;
mod frame;
pub mod json;
pub mod live;
pub mod navigation;
pub mod page_data;
mod pages;
mod parts;
mod reactive;
pub mod server_fns;
pub mod session;
#[cfg(feature = "ssr")]
mod shell;
mod taken_over;

pub use app::App;
#[cfg(feature = "ssr")]
pub use server_fns::SessionCookies;
#[cfg(feature = "ssr")]
pub use shell::{pkg_path, shell};
#[cfg(feature = "hydrate")]
pub use taken_over::take_over;
