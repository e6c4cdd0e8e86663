//! How much does a browser take? The memory of its processes that is theirs alone or shared among them, and the bytes in its folder.

use std::path::Path;

use rustix::process::Pid;

/// Bytes of memory of a process group: anonymous and shared, without what is mapped from files.
#[cfg(target_os = "linux")]
pub(super) fn of_group(group: Pid) -> u64 {
    let Ok(all) = std::fs::read_dir("/proc") else { return 0 };
    let group = group.as_raw_nonzero().get();
    let own = all.flatten().map(|entry| entry.path()).filter(|folder| group_of(folder) == Some(group));
    own.filter_map(|folder| std::fs::read_to_string(folder.join("status")).ok()).map(|status| resident(&status)).sum()
}

/// Elsewhere nothing is known of them; the bound of the scripts' heap is all that holds.
#[cfg(not(target_os = "linux"))]
pub(super) const fn of_group(_group: Pid) -> u64 {
    0
}

#[cfg(target_os = "linux")]
fn group_of(folder: &Path) -> Option<i32> {
    folder.file_name()?.to_str()?.parse::<u32>().ok()?;
    let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
    // The name, in parentheses, may hold anything: the fields after it are state, parent, group.
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(2)?.parse().ok()
}

/// `RssAnon` and `RssShmem` of a `/proc/…/status`, in bytes.
fn resident(status: &str) -> u64 {
    let kilobytes = |line: &str| line.split_ascii_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0);
    status.lines().filter(|line| line.starts_with("RssAnon:") || line.starts_with("RssShmem:")).map(|line| kilobytes(line) << 10).sum()
}

/// Bytes that the files of a folder take on disk. Links are not followed.
pub(super) fn of_folder(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => of_folder(&entry.path()),
        Ok(metadata) => taken(&metadata),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

/// Files with holes take less than their length.
#[cfg(unix)]
fn taken(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(metadata).saturating_mul(512)
}

#[cfg(not(unix))]
fn taken(metadata: &std::fs::Metadata) -> u64 {
    metadata.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_of_what_the_system_says() {
        let status = "Name:\tx\nVmRSS:\t  900 kB\nRssAnon:\t  100 kB\nRssFile:\t  700 kB\nRssShmem:\t  100 kB\n";
        assert_eq!(resident(status), 200 << 10);
        assert_eq!(resident("RssAnon:\n"), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_very_process_takes_some_memory() {
        assert!(of_group(rustix::process::getpgrp()) > 100 << 10);
    }

    #[test]
    fn a_folder_is_as_large_as_its_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        std::fs::write(folder.path().join("in/file"), vec![1; 100_000]).unwrap();
        let size = of_folder(folder.path());
        assert!((100_000..120_000).contains(&size), "{size}");
    }
}
