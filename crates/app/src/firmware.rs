//! Firmware libraries: files that stations are given, uploaded by people, looked at before they
//! count. Changing a library is for whoever may upload, where the paid module is on; seeing it for whoever may update
//! stations.

mod available;
mod signature;

use domain::firmware::{Content, FirmwareFile, Signing, is_sha256, newest_update};
use domain::id::{FirmwareId, OrgId, StationId};
use domain::module::ModuleSet;
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission};
use domain::station::Hardware;
use domain::transfer::{Transfer, harmless_name};
use serde_json::{Value, json};
use store::Lane;

use crate::app::App;
use crate::depot::{self, Draft};
use crate::error::Error;
use crate::review::{LONGEST_NAME, Review, kept};
use crate::revision::{self, Precondition};
use crate::{audit, gate};

pub(crate) use available::tell;
pub use store::FirmwareRow;

/// The most patterns of models.
const MOST_MODELS: usize = 100;
/// What a version of a station's own can be (2.x ChargingStationType.firmwareVersion).
const LONGEST_VERSION: usize = 50;
/// The longest certificate and signature that go over the wire (2.x FirmwareType).
const LONGEST_CERTIFICATE: usize = 5_500;
const LONGEST_SIGNATURE: usize = 800;
/// The longest note, in characters.
const LONGEST_NOTE: usize = 2_000;

/// What is said of a file: on creation vendor, models, version and name are needed; on a change
/// what is not said stays, and an inner none clears.
#[derive(Debug, Clone, Default)]
pub struct FirmwareEdit {
    /// The maker, as its stations tell it.
    pub vendor: Option<String>,
    /// Models with `*` for anything.
    pub models: Option<Vec<String>>,
    /// The version.
    pub version: Option<String>,
    /// What the file is called.
    pub name: Option<String>,
    /// What the maker says its SHA-256 is; fixed once the content is there.
    pub sha256: Option<Option<String>>,
    /// Certificate and signature; fixed once the content is there.
    pub signing: Option<Option<Signing>>,
    /// For people.
    pub notes: Option<Option<String>>,
    /// On what the change depends.
    pub when: Precondition,
}

impl FirmwareEdit {
    fn review(&self, new: bool) -> Result<(), Error> {
        let mut review = Review::default();
        for (text, pointer, most) in [
            (&self.vendor, "/vendor", LONGEST_NAME),
            (&self.version, "/version", LONGEST_VERSION),
            (&self.name, "/name", LONGEST_NAME),
        ] {
            review.refuse(
                new && text.is_none(),
                pointer,
                "required",
                "This is needed.",
            );
            review.needed(pointer, text.as_deref(), most);
        }
        let name = self.name.as_deref().map(str::trim);
        let odd = name.is_some_and(|name| !name.is_empty() && harmless_name(name) != name);
        let detail =
            "Letters, digits, dot, dash and underscore, at most 100, beginning with no dot.";
        review.refuse(odd, "/name", "invalid", detail);
        match self.models.as_deref() {
            None => review.refuse(new, "/models", "required", "This is needed."),
            Some(models) => {
                let some = (1..=MOST_MODELS).contains(&models.len());
                review.refuse(!some, "/models", "out_of_range", "1 to 100 models.");
                for (place, model) in models.iter().enumerate() {
                    review.needed(&format!("/models/{place}"), Some(model), LONGEST_NAME);
                }
            }
        }
        let sha256 = self.sha256.clone().flatten();
        let odd = sha256.is_some_and(|text| !is_sha256(text.trim()));
        review.refuse(odd, "/sha256", "invalid", "64 hexadecimal digits.");
        if let Some(Some(signing)) = &self.signing {
            for (text, pointer, most) in [
                (&signing.certificate, "/certificate", LONGEST_CERTIFICATE),
                (&signing.signature, "/signature", LONGEST_SIGNATURE),
            ] {
                let detail = format!("At most {most} characters.");
                review.refuse(text.trim().len() > most, pointer, "too_long", detail);
            }
            if let Some((pointer, why)) = signature::problem(signing) {
                review.refuse(true, pointer, "invalid", why);
            }
        }
        let notes = self.notes.clone().flatten();
        let long = notes.is_some_and(|notes| notes.chars().count() > LONGEST_NOTE);
        let detail = format!("At most {LONGEST_NOTE} characters.");
        review.refuse(long, "/notes", "too_long", detail);
        review.passed()
    }

    /// `file` with what is said anew.
    fn apply(self, file: &mut FirmwareFile) {
        let put = |field: &mut String, said: Option<String>| {
            if let Some(text) = said {
                text.trim().clone_into(field);
            }
        };
        put(&mut file.vendor, self.vendor);
        put(&mut file.version, self.version);
        put(&mut file.name, self.name);
        if let Some(models) = self.models {
            file.models = models.iter().map(|m| m.trim().to_owned()).collect();
        }
        if let Some(sha256) = self.sha256 {
            file.sha256 = kept(sha256).map(|text| text.to_lowercase());
        }
        if let Some(signing) = self.signing {
            file.signing = signing.map(|s| Signing {
                certificate: s.certificate.trim().to_owned(),
                signature: s.signature.chars().filter(|c| !c.is_whitespace()).collect(),
            });
        }
        if let Some(notes) = self.notes {
            file.notes = kept(notes);
        }
    }
}

/// What the audit trail holds of a file.
fn told(file: &FirmwareFile) -> Value {
    json!({
        "vendor": file.vendor, "models": file.models, "version": file.version, "name": file.name,
        "sha256": file.sha256, "signed": file.signing.is_some(),
        "bytes": file.content.map(|content| content.bytes),
    })
}

/// The library, the newest first, with `stations.firmware`.
pub async fn list(
    app: &App,
    caller: &Caller,
    page: &PageRequest,
) -> Result<Page<FirmwareRow>, Error> {
    let pass = gate::permit(app, caller, Permission::StationsFirmware).await?;
    Ok(app.store().read.firmware_files(pass.org, page).await?)
}

/// A file of the library, with `stations.firmware`.
pub async fn find(app: &App, caller: &Caller, id: FirmwareId) -> Result<FirmwareRow, Error> {
    let pass = gate::permit(app, caller, Permission::StationsFirmware).await?;
    row(app, pass.org, id).await
}

async fn row(app: &App, org: OrgId, id: FirmwareId) -> Result<FirmwareRow, Error> {
    let found = app.store().read.firmware(org, id).await?;
    found.ok_or(Error::NotFound)
}

/// Adds the record of a file, with `firmware.library.upload`; its content comes after it.
pub async fn create(app: &App, caller: &Caller, new: FirmwareEdit) -> Result<FirmwareRow, Error> {
    let pass = gate::permit_whole(app, caller, Permission::FirmwareLibraryUpload).await?;
    new.review(true)?;
    let mut file = FirmwareFile {
        id: FirmwareId::from_uuid(app.draw()),
        org: pass.org,
        vendor: String::new(),
        models: Vec::new(),
        version: String::new(),
        name: String::new(),
        signing: None,
        notes: None,
        sha256: None,
        content: None,
        created_at: app.now(),
    };
    new.apply(&mut file);
    let (id, org, after) = (file.id, pass.org, told(&file));
    let deed = audit::row(app, caller, org, "firmware.create", id, None, Some(&after));
    let written = app.store().write(Lane::Org(org), move |work| {
        let (file, deed) = (file.clone(), deed.clone());
        Box::pin(async move {
            work.firmware_insert(&file).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    row(app, org, id).await
}

/// Changes what is said of a file, with `firmware.library.upload`. What the content was found to
/// agree with stays as it is.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: FirmwareId,
    edit: FirmwareEdit,
) -> Result<FirmwareRow, Error> {
    let pass = gate::permit_whole(app, caller, Permission::FirmwareLibraryUpload).await?;
    edit.review(false)?;
    for _ in 0..revision::TRIES {
        let found = row(app, pass.org, id).await?;
        edit.when.admits(found.revision)?;
        let (before, from) = (told(&found.file), found.revision);
        let mut file = found.file.clone();
        edit.clone().apply(&mut file);
        let proof = |file: &FirmwareFile| (file.sha256.clone(), file.signing.clone());
        if file.content.is_some() && proof(&file) != proof(&found.file) {
            let detail = "The content was found to agree with its checksum and signature: to \
                          change them, upload it anew.";
            return Err(Error::conflict("content_fixed", detail));
        }
        if replace(app, caller, "firmware.edit", Some(&before), file, from).await? {
            return row(app, pass.org, id).await;
        }
    }
    Err(revision::too_busy())
}

/// Stores a file that is at revision `from`, with the deed; false when it is not.
async fn replace(
    app: &App,
    caller: &Caller,
    action: &str,
    before: Option<&Value>,
    file: FirmwareFile,
    from: i64,
) -> Result<bool, Error> {
    let (org, after) = (file.org, told(&file));
    let deed = audit::row(app, caller, org, action, file.id, before, Some(&after));
    let done = app.store().write(Lane::Org(org), move |work| {
        let (file, deed) = (file.clone(), deed.clone());
        Box::pin(async move {
            let done = work.firmware_update(&file, from).await?;
            if done {
                work.audit(&deed);
            }
            Ok(done)
        })
    });
    Ok(done.await?)
}

/// Removes a file, with `firmware.library.upload`, when no station comes for it.
pub async fn remove(
    app: &App,
    caller: &Caller,
    id: FirmwareId,
    when: &Precondition,
) -> Result<(), Error> {
    let pass = gate::permit_whole(app, caller, Permission::FirmwareLibraryUpload).await?;
    let found = row(app, pass.org, id).await?;
    when.admits(found.revision)?;
    let (org, from, before) = (pass.org, found.revision, told(&found.file));
    let deed = audit::row(app, caller, org, "firmware.remove", id, Some(&before), None);
    let done = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            if work.firmware_wanted(id).await? {
                return Ok(None);
            }
            let done = work.firmware_delete(id, from).await?;
            if done {
                work.audit(&deed);
            }
            Ok(Some(done))
        })
    });
    match done.await? {
        None => Err(Error::conflict(
            "file_in_use",
            "A station is being updated with this file.",
        )),
        Some(false) => Err(revision::stale()),
        Some(true) => {
            depot::remove_firmware(app, &found.file).await;
            Ok(())
        }
    }
}

/// The content of a file on its way into the library.
pub struct Upload {
    app: App,
    caller: Caller,
    row: FirmwareRow,
    draft: Draft,
}

impl Upload {
    /// Begins, with `firmware.library.upload`. A body of `told` bytes that would be too large is
    /// refused before it comes.
    pub async fn begin(
        app: &App,
        caller: &Caller,
        id: FirmwareId,
        told: Option<u64>,
    ) -> Result<Self, Error> {
        let pass = gate::permit_whole(app, caller, Permission::FirmwareLibraryUpload).await?;
        let row = row(app, pass.org, id).await?;
        if row.file.content.is_some() {
            return Err(there_already());
        }
        let most = app.settings().files.most_firmware_bytes;
        if told.is_some_and(|bytes| bytes > most) {
            return Err(depot::Fault::TooLarge { most }.into());
        }
        Ok(Self {
            draft: Draft::begin(app, most).await?,
            app: app.clone(),
            caller: caller.clone(),
            row,
        })
    }

    /// Adds bytes.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        Ok(self.draft.write(chunk).await?)
    }

    /// The content is whole: it counts when it is what was said of it.
    pub async fn finish(mut self) -> Result<FirmwareRow, Error> {
        let counted = self.draft.finish().await?;
        let file = &self.row.file;
        if counted.bytes == 0 {
            return Err(Error::invalid("", "empty", "The file is empty."));
        }
        if file
            .sha256
            .as_ref()
            .is_some_and(|said| *said != counted.sha256)
        {
            let detail = format!(
                "The SHA-256 of the content is {}: that is not what was said.",
                counted.sha256
            );
            return Err(Error::invalid("/sha256", "checksum_wrong", detail));
        }
        if let Some(signing) = &file.signing {
            let (signing, digest) = (signing.clone(), counted.digest);
            let judged =
                tokio::task::spawn_blocking(move || signature::is_right(&signing, &digest));
            if !judged.await.map_err(Error::internal)? {
                let detail = "The signature is not that of the certificate over this content.";
                return Err(Error::invalid("/signature", "signature_wrong", detail));
            }
        }
        let (app, org, id, from) = (&self.app, file.org, file.id, self.row.revision);
        let mut file = file.clone();
        file.sha256 = Some(counted.sha256.clone());
        file.content = Some(Content {
            bytes: counted.bytes,
            at: app.now(),
        });
        let place = depot::firmware(app, id, &counted.sha256);
        self.draft.place(&place).await?;
        if replace(app, &self.caller, "firmware.upload", None, file, from).await? {
            return row(app, org, id).await;
        }
        let now = app.store().read.firmware(org, id).await?;
        let kept = now.filter(|row| row.file.content.is_some());
        let mine = kept.as_ref().and_then(|row| row.file.sha256.as_ref());
        if mine != Some(&counted.sha256) {
            depot::remove(&place).await;
        }
        match kept {
            Some(_) => Err(there_already()),
            None => Err(revision::stale()),
        }
    }
}

fn there_already() -> Error {
    let detail = "The content is there: it is written once. Add another file for another content.";
    Error::conflict("content_there", detail)
}

/// What a station runs, what it could run, and how it was updated.
#[derive(Debug, Clone)]
pub struct StationFirmware {
    /// What it said of its make.
    pub hardware: Hardware,
    /// The files of the library that are newer, the newest first.
    pub updates: Vec<FirmwareFile>,
    /// All files of the library that fit it, the newest first.
    pub fitting: Vec<FirmwareFile>,
    /// Whether the library is there: a paid module.
    pub has_library: bool,
}

/// The firmware of a station, with `stations.firmware`.
pub async fn of_station(
    app: &App,
    caller: &Caller,
    id: StationId,
) -> Result<StationFirmware, Error> {
    let pass = gate::permit(app, caller, Permission::StationsFirmware).await?;
    let row = pass.station(app, id).await?;
    let hardware = row.station.hardware;
    let has_library = has_library(app, pass.org).await?;
    let mut fitting = match has_library {
        true => app.store().read.firmware_ready(pass.org).await?,
        false => Vec::new(),
    };
    fitting.retain(|file| file.fits(&hardware));
    fitting.sort_by(|a, b| domain::firmware::compare_versions(&b.version, &a.version));
    let updates = fitting.iter().filter(|file| file.is_update_for(&hardware));
    Ok(StationFirmware {
        updates: updates.cloned().collect(),
        fitting,
        hardware,
        has_library,
    })
}

/// How a station was updated, the newest first, with `stations.firmware`.
pub async fn history(
    app: &App,
    caller: &Caller,
    id: StationId,
    page: &PageRequest,
) -> Result<Page<Transfer>, Error> {
    let pass = gate::permit(app, caller, Permission::StationsFirmware).await?;
    pass.station(app, id).await?;
    Ok(app.store().read.transfers(id, false, page).await?)
}

/// Whether the organisation has the paid module, without which the library hands nothing out.
pub(crate) async fn has_library(app: &App, org: OrgId) -> Result<bool, Error> {
    let found = app.store().read.organisation(org).await?;
    let has = |modules: ModuleSet| modules.has(Permission::FirmwareLibraryUpload);
    Ok(found.is_some_and(|(_, modules)| has(modules)))
}

/// A file of the library that stations may be given; `at` is where it was named.
pub(crate) async fn usable(
    app: &App,
    org: OrgId,
    id: FirmwareId,
    at: &str,
) -> Result<FirmwareFile, Error> {
    let found = app.store().read.firmware(org, id).await?;
    let missing = || Error::invalid(at, "not_found", "No such firmware file.");
    let file = found.ok_or_else(missing)?.file;
    if file.content.is_none() {
        let detail = "The content of the file is not there yet.";
        return Err(Error::conflict("content_missing", detail));
    }
    if !has_library(app, org).await? {
        let detail = "The firmware library is a paid module that is not active.";
        return Err(Error::conflict("module_inactive", detail));
    }
    Ok(file)
}

/// The newest version that each of these makes could have.
pub(crate) async fn updates_for<'a>(
    app: &App,
    org: OrgId,
    makes: impl Iterator<Item = &'a Hardware>,
) -> Result<Vec<Option<String>>, Error> {
    let files = app.store().read.firmware_ready(org).await?;
    if files.is_empty() || !has_library(app, org).await? {
        return Ok(makes.map(|_| None).collect());
    }
    let newest = |make| newest_update(&files, make).map(|file| file.version.clone());
    Ok(makes.map(newest).collect())
}
