//! The data directory and the key file: there, for nobody else to read, and with room to grow.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use app::StationSecret;

use super::Check;
use crate::config::Config;

/// Less free space than this is told, in bytes.
const ROOM: u64 = 1 << 30;

/// The data directory.
pub fn data_dir(config: &Config) -> Vec<Check> {
    const CHECK: &str = "data directory";
    let path = &config.data_dir;
    let shown = path.display();
    let Ok(about) = std::fs::metadata(path) else {
        let fix =
            "Start `busbar serve` once, which makes it, or set BUSBAR_DATA_DIR to where it is.";
        return vec![Check::finding(CHECK, format!("{shown} is not there"), fix)];
    };
    if !about.is_dir() {
        let fix = "Set BUSBAR_DATA_DIR to a folder.";
        return vec![Check::finding(CHECK, format!("{shown} is no folder"), fix)];
    }
    let mut found = Vec::new();
    found.extend(open_to_others(CHECK, path, 0o700));
    if let Some(file) = config.database_file().filter(|file| file.exists()) {
        found.extend(open_to_others(CHECK, &file, 0o600));
    }
    if rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_err() {
        let fix = "Run Busbar as the owner of the folder, and mount it to be written to.";
        let detail = format!("{shown} cannot be written to");
        found.push(Check::finding(CHECK, detail, fix));
    }
    match rustix::fs::statvfs(path) {
        Ok(space) if space.f_bavail.saturating_mul(space.f_frsize) < ROOM => {
            let left = space.f_bavail.saturating_mul(space.f_frsize) >> 20;
            let fix = "Free some space, or shorten what is kept under `retention`.";
            found.push(Check::finding(CHECK, format!("{left} MiB are left"), fix));
        }
        Ok(_) => {}
        Err(error) => {
            let fix = "See whether the file system is whole.";
            found.push(Check::finding(CHECK, error.to_string(), fix));
        }
    }
    if found.is_empty() {
        found.push(Check::well(CHECK, format!("{shown} is Busbar's own")));
    }
    found
}

/// The key under which secrets are sealed, where it can be read, and what is to be said of it.
pub fn key_file(config: &Config) -> (Option<StationSecret>, Check) {
    const CHECK: &str = "key file";
    let path = config.data_dir.join("station.key");
    let shown = path.display();
    let key = match std::fs::read(&path) {
        Ok(bytes) => <[u8; 32]>::try_from(bytes).ok(),
        Err(error) => {
            let fix = "Put it back from a backup: what was sealed with it opens with no other. \
                       On a new instance `busbar serve` draws one.";
            return (
                None,
                Check::finding(CHECK, format!("{shown}: {error}"), fix),
            );
        }
    };
    let Some(key) = key else {
        let detail = format!("{shown} does not hold 32 bytes");
        let fix = "Put it back from a backup.";
        return (None, Check::finding(CHECK, detail, fix));
    };
    let found = open_to_others(CHECK, &path, 0o600)
        .unwrap_or_else(|| Check::well(CHECK, "32 bytes that only Busbar can read"));
    (Some(StationSecret::new(key)), found)
}

/// Whether others on the machine may do something with a file.
fn open_to_others(check: &'static str, path: &Path, right: u32) -> Option<Check> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let shown = path.display();
    (mode & 0o077 != 0).then(|| {
        let detail = format!("{shown} is open to others on this machine ({mode:03o})");
        Check::finding(check, detail, format!("chmod {right:o} {shown}"))
    })
}
