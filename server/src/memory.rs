//! How does the process give back the memory that it needed for a moment?
//!
//! Checking a password takes 19 MiB for some milliseconds. The allocator would keep them until it is asked for as much again, which
//! at an idle server is never, so it is told to give free pages back at once. It reads its settings from the environment before
//! `main`: the process starts itself anew, under the same number, with the setting in place. (The allocator's own function for it is
//! not a safe one.) Huge pages, which double what a busy server takes, are off by its feature `no_thp`.

use std::env;

/// The allocator's setting: for how many milliseconds it keeps pages that became free.
const SETTING: &str = "MIMALLOC_PURGE_DELAY";

/// Starts the process anew with the setting, unless it is set, by whoever started it or by this. Returns if that cannot be done:
/// then it runs all the same, and takes more.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "the allocator's setting, not one of the server's")]
pub(crate) fn give_back_at_once() {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    if env::var_os(SETTING).is_some() {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    let mut arguments = env::args_os();
    let mut anew = Command::new(program);
    if let Some(name) = arguments.next() {
        anew.arg0(name);
    }
    // Comes back only if it failed, with the reason.
    let _ = anew.args(arguments).env(SETTING, "0").exec();
}

/// Elsewhere processes cannot change under their number.
#[cfg(not(unix))]
pub(crate) fn give_back_at_once() {}
