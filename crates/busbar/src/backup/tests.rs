//! Archives as somebody else would write them, and archives that were damaged on the way.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::Writer;
use super::manifest::{FORMAT, NAME};
use super::*;

fn nobody() -> Told {
    Arc::new(|_| {})
}

fn archive(folder: &Path, schema: &[&str]) -> PathBuf {
    let path = folder.join("archive");
    let mut writer = Writer::new(File::create(&path).unwrap(), None).unwrap();
    for (name, text) in [
        ("files/a", "first"),
        ("files/b/c", ""),
        ("config/busbar.toml", "[http]"),
    ] {
        let bytes = text.len() as u64;
        writer
            .part(name, bytes, text.as_bytes(), &mut |_| {})
            .unwrap();
    }
    let schema = schema.iter().map(|step| (*step).to_owned()).collect();
    writer
        .finish("2026-12-01T00:00:00Z".to_owned(), schema)
        .unwrap();
    path
}

type Entry<'a> = (&'a str, tar::EntryType, &'a [u8]);

fn file<'a>(name: &'a str, bytes: &'a [u8]) -> Entry<'a> {
    (name, tar::EntryType::Regular, bytes)
}

/// An archive of these entries, whatever they are.
fn foreign(folder: &Path, entries: &[Entry]) -> PathBuf {
    let path = folder.join("foreign");
    let packed = zstd::Encoder::new(File::create(&path).unwrap(), 1).unwrap();
    let mut tar = tar::Builder::new(packed);
    for (name, kind, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        // Past the checks of whoever writes properly.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o777);
        if *kind == tar::EntryType::Symlink {
            header.as_old_mut().linkname[..4].copy_from_slice(b"/etc");
        }
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
    path
}

fn manifest(parts: &[(&str, &str)]) -> Vec<u8> {
    let parts = parts.iter().map(|(path, sha256)| Part {
        path: (*path).to_owned(),
        bytes: 1,
        sha256: (*sha256).to_owned(),
    });
    let manifest = Manifest {
        format: FORMAT,
        version: "0.1.0".to_owned(),
        created_at: "2026-12-01T00:00:00Z".to_owned(),
        schema: Vec::new(),
        parts: parts.collect(),
    };
    manifest.to_bytes().unwrap()
}

/// SHA-256 of `x`.
const X: &str = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

async fn restored(archive: &Path, into: &Path) -> Result<Restored, Error> {
    let wanted = Wanted {
        archive: archive.to_owned(),
        into: into.to_owned(),
        passphrase: None,
        key_file: None,
    };
    restore(&wanted, &nobody()).await
}

#[tokio::test]
async fn a_whole_archive_is_restored_into_a_new_or_an_empty_folder_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = archive(folder.path(), &[]);
    let new = folder.path().join("deep/new");
    let done = restored(&path, &new).await.unwrap();
    assert!(!done.has_key);
    assert_eq!(std::fs::read(new.join("files/a")).unwrap(), b"first");
    assert_eq!(std::fs::read(new.join("files/b/c")).unwrap(), b"");
    assert_eq!(std::fs::read(new.join("busbar.toml")).unwrap(), b"[http]");
    let again = restored(&path, &new).await.unwrap_err();
    assert_eq!(again.code(), 5, "{again}");
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    restored(&path, &empty).await.unwrap();
    let file = restored(&path, &path).await.unwrap_err();
    assert_eq!(file.code(), 5, "{file}");
}

#[tokio::test]
async fn an_archive_cut_or_changed_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(archive(folder.path(), &[])).unwrap();
    let damaged = folder.path().join("damaged");
    let into = folder.path().join("into");
    for length in 0..whole.len() {
        std::fs::write(&damaged, &whole[..length]).unwrap();
        let error = restored(&damaged, &into).await.unwrap_err();
        assert_eq!(error.code(), 3, "{length}: {error}");
    }
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&damaged, &bytes).unwrap();
        // A bit of the frame's head that means nothing may differ; what comes out may not.
        if let Ok(done) = verify(&damaged, None, &nobody()).await {
            let path = folder.path().join("archive");
            assert_eq!(
                done,
                verify(&path, None, &nobody()).await.unwrap(),
                "byte {at}"
            );
        }
    }
    let longer = [whole.as_slice(), b"more"].concat();
    std::fs::write(&damaged, longer).unwrap();
    assert_eq!(restored(&damaged, &into).await.unwrap_err().code(), 3);
    assert!(!into.exists());
}

#[tokio::test]
async fn nothing_is_written_outside_and_nothing_that_is_no_file() {
    use tar::EntryType::{Directory, Symlink};
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("inner/into");
    let ours = manifest(&[("files/a", X)]);
    let last = file(NAME, &ours);
    let good = [file("files/a", b"x"), last];
    restored(&foreign(folder.path(), &good), &into)
        .await
        .unwrap();
    std::fs::remove_dir_all(&into).unwrap();
    let mut hostile: Vec<Vec<Entry>> = vec![
        vec![("files/a", Symlink, b""), last],
        vec![("files/a", Directory, b""), last],
        vec![last],
        vec![file("files/a", b"y"), last],
        vec![file("files/a", b"x"), file("files/b", b"x"), last],
        vec![file("files/a", b"x"), file("files/a", b"x"), last],
        vec![last, file("files/a", b"x")],
        vec![file("files/a", b"x")],
        vec![file("files/a", b"x"), file(NAME, b"{}")],
    ];
    let names = [
        "../evil",
        "/tmp/evil",
        "files/../../evil",
        "evil",
        "files/./a",
        "busbar.sqlite-wal",
    ];
    let manifests: Vec<Vec<u8>> = names.iter().map(|name| manifest(&[(name, X)])).collect();
    for (name, manifest) in names.iter().zip(&manifests) {
        hostile.push(vec![file(name, b"x"), file(NAME, manifest)]);
    }
    for entries in hostile {
        let error = restored(&foreign(folder.path(), &entries), &into)
            .await
            .unwrap_err();
        let shown: Vec<&str> = entries.iter().map(|(name, ..)| *name).collect();
        assert_eq!(error.code(), 3, "{shown:?}: {error}");
        assert!(!into.exists(), "{shown:?}");
    }
    let left = std::fs::read_dir(folder.path().join("inner")).unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test]
async fn a_newer_backup_is_refused_by_what_is_new_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = archive(folder.path(), &["m0001_people", "m9999_tomorrow"]);
    let error = restored(&path, &folder.path().join("into"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), 6);
    assert!(error.to_string().contains("m9999_tomorrow"), "{error}");
    let mut file = File::create(&path).unwrap();
    file.write_all(b"no archive at all").unwrap();
    let error = verify(&path, None, &nobody()).await.unwrap_err();
    assert_eq!(error.code(), 3, "{error}");
}
