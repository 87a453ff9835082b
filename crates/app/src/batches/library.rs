//! Campaigns with a file of the firmware library: the file is looked at when the campaign is made, and
//! again at every station, which gets a one-time link of its own. Refuses to judge whether the file
//! fits a station: that is done when its turn comes.

use domain::batch::Task;
use domain::command::Command;
use domain::id::OrgId;

use crate::app::App;
use crate::error::Error;
use crate::firmware;

/// `task` with the version of its file, where nothing else was said; an error when the library of
/// `org` has no such file to give.
pub(super) async fn with_version(app: &App, org: OrgId, mut task: Task) -> Result<Task, Error> {
    let Task::Firmware {
        command: Command::UpdateFirmware { file: Some(id), .. },
        version,
        ..
    } = &mut task
    else {
        return Ok(task);
    };
    let file = firmware::usable(app, org, *id, "/spec/firmware_file_id").await?;
    version.get_or_insert(file.version);
    Ok(task)
}
