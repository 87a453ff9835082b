//! Firmware files, and files on their way to and from stations, as the API shows and takes them.

use app::firmware::{FirmwareEdit, FirmwareRow, StationFirmware};
use app::revision::Precondition;
use chrono::{DateTime, Utc};
use domain::command::LogKind;
use domain::firmware::{FirmwareFile, Signing};
use domain::transfer::{Transfer, Transport};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::command::PersonView;
use super::{present, said, word, words};
use crate::problem::Problem;
use crate::query::At;

/// A firmware file of the library.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FirmwareView {
    pub id: String,
    /// The maker, as its stations tell it.
    pub vendor: String,
    /// Models; `*` stands for anything.
    pub models: Vec<String>,
    pub version: String,
    /// What the file is called on its way to a station.
    pub name: String,
    /// SHA-256 in hexadecimal: what was said, and once the content is there what was counted.
    pub sha256: Option<String>,
    /// Null until the content is there.
    pub size_bytes: Option<u64>,
    pub uploaded_at: Option<DateTime<Utc>>,
    /// Whether it has the maker's signature.
    pub signed: bool,
    /// PEM.
    pub certificate: Option<String>,
    /// Base64.
    pub signature: Option<String>,
    pub notes: Option<String>,
    pub created_at: DateTime<Utc>,
}

impl FirmwareView {
    pub fn to_view(row: FirmwareRow) -> Self {
        Self::of(row.file)
    }

    fn of(file: FirmwareFile) -> Self {
        let (certificate, signature) = file
            .signing
            .map(|signing| (signing.certificate, signing.signature))
            .unzip();
        Self {
            id: file.id.to_string(),
            vendor: file.vendor,
            models: file.models,
            version: file.version,
            name: file.name,
            sha256: file.sha256,
            size_bytes: file.content.map(|content| content.bytes),
            uploaded_at: file.content.map(|content| content.at),
            signed: certificate.is_some(),
            certificate,
            signature,
            notes: file.notes,
            created_at: file.created_at,
        }
    }
}

/// The record of a new firmware file; its content is sent to `content` below it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirmwareBody {
    /// The maker, as its stations tell it; case does not count.
    pub vendor: String,
    /// 1 to 100 models; `*` stands for anything, and case does not count.
    pub models: Vec<String>,
    /// The version that a station tells once it runs the file.
    pub version: String,
    /// What the file is called: letters, digits and `._-`.
    pub name: String,
    /// SHA-256 in hexadecimal, where the maker tells it: a content with another is refused.
    pub sha256: Option<String>,
    /// The maker's signing certificate (PEM); only with `signature`.
    pub certificate: Option<String>,
    /// The maker's signature over the content (base64); only with `certificate`.
    pub signature: Option<String>,
    pub notes: Option<String>,
}

/// Both or neither.
fn signing(
    certificate: Option<String>,
    signature: Option<String>,
) -> Result<Option<Signing>, Problem> {
    match (certificate, signature) {
        (None, None) => Ok(None),
        (Some(certificate), Some(signature)) => Ok(Some(Signing {
            certificate,
            signature,
        })),
        (None, Some(_)) => {
            let detail = "A signature needs its certificate.";
            Err(Problem::field("/certificate", "required", detail))
        }
        (Some(_), None) => {
            let detail = "A certificate needs its signature.";
            Err(Problem::field("/signature", "required", detail))
        }
    }
}

impl FirmwareBody {
    pub fn from_body(body: Self) -> Result<FirmwareEdit, Problem> {
        Ok(FirmwareEdit {
            vendor: Some(body.vendor),
            models: Some(body.models),
            version: Some(body.version),
            name: Some(body.name),
            sha256: Some(body.sha256),
            signing: Some(signing(body.certificate, body.signature)?),
            notes: Some(body.notes),
            ..FirmwareEdit::default()
        })
    }
}

/// Changes to a firmware file: a field left out stays, null clears. Certificate and signature go
/// together; neither they nor the checksum change once the content is there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirmwareChange {
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = String, required = false)]
    pub vendor: Option<String>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Vec<String>, required = false)]
    pub models: Option<Vec<String>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = String, required = false)]
    pub version: Option<String>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = String, required = false)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub sha256: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub certificate: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub signature: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub notes: Option<Option<String>>,
}

impl FirmwareChange {
    pub fn from_body(body: Self, when: Precondition) -> Result<FirmwareEdit, Problem> {
        let signing = match (body.certificate, body.signature) {
            (None, None) => None,
            (certificate, signature) => Some(signing(certificate.flatten(), signature.flatten())?),
        };
        Ok(FirmwareEdit {
            vendor: body.vendor,
            models: body.models,
            version: body.version,
            name: body.name,
            sha256: body.sha256,
            signing,
            notes: body.notes,
            when,
        })
    }
}

/// A file on its way to or from a station.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransferView {
    pub id: String,
    pub station_id: String,
    #[schema(value_type = words::TransferKind)]
    pub kind: String,
    #[schema(value_type = words::Transport)]
    pub transport: String,
    #[schema(value_type = words::TransferState)]
    pub state: String,
    /// The newest word of the station about it, such as `Downloading`.
    pub status: Option<String>,
    /// Why it failed: `superseded`, `rejected`, or the code of the command's error.
    pub error: Option<String>,
    /// The file of the library.
    pub firmware_file_id: Option<String>,
    /// The version that the station is to run.
    pub version: Option<String>,
    pub command_id: String,
    /// Until when the station may come.
    pub expires_at: DateTime<Utc>,
    /// What the station sent, under the name it gave, made harmless.
    pub file: Option<ReceivedView>,
    pub created_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    /// Null when Busbar itself asked.
    pub issued_by: Option<PersonView>,
}

/// A file that came from a station.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceivedView {
    pub name: String,
    pub size_bytes: u64,
    pub sha256: String,
}

impl TransferView {
    pub fn to_view(transfer: Transfer) -> Self {
        Self {
            id: transfer.id.to_string(),
            station_id: transfer.station.to_string(),
            kind: word(&transfer.kind),
            transport: word(&transfer.transport),
            state: word(&transfer.state),
            status: transfer.status,
            error: transfer.error,
            firmware_file_id: transfer.file.map(|id| id.to_string()),
            version: transfer.version,
            command_id: transfer.command.to_string(),
            expires_at: transfer.expires_at,
            file: transfer.received.map(|file| ReceivedView {
                name: file.name,
                size_bytes: file.bytes,
                sha256: file.sha256,
            }),
            created_at: transfer.created_at,
            ended_at: transfer.ended_at,
            issued_by: transfer.issued_by.map(|(id, name)| PersonView {
                id: id.to_string(),
                name,
            }),
        }
    }
}

/// The firmware of a station.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StationFirmwareView {
    pub vendor: Option<String>,
    pub model: Option<String>,
    /// What it runs.
    pub version: Option<String>,
    /// Whether the library is active: a paid module.
    pub has_library: bool,
    /// Files of the library that are newer, the newest first.
    pub updates: Vec<FirmwareView>,
    /// All files of the library that are for the station, the newest first.
    pub fitting: Vec<FirmwareView>,
}

impl StationFirmwareView {
    pub fn to_view(told: StationFirmware) -> Self {
        let views = |files: Vec<FirmwareFile>| files.into_iter().map(FirmwareView::of).collect();
        Self {
            vendor: told.hardware.vendor,
            model: told.hardware.model,
            version: told.hardware.firmware_version,
            has_library: told.has_library,
            updates: views(told.updates),
            fitting: views(told.fitting),
        }
    }
}

/// Which log a station is to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiagnosticsBody {
    #[schema(value_type = words::LogKind)]
    pub kind: LogKind,
    /// Nothing older.
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub from: Option<At>,
    /// Nothing newer.
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub to: Option<At>,
    /// `http` when not said.
    #[schema(value_type = Option<words::Transport>)]
    pub transport: Option<Transport>,
}
