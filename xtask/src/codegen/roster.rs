//! Which side may send an action, and the functional block it belongs to: the facts that the
//! schemas do not tell. From the tables of messages in the specification (1.6 §4 and §5 with the
//! security white paper; 2.x Part 2, blocks A to S). Owns nothing else.

/// A block: its name, the actions of the station, the actions of the management system. An action
/// in both columns goes both ways; a `!` marks an action that is sent without being answered.
pub type Block = (&'static str, &'static str, &'static str);

/// The feature profiles of 1.6, and its security extension.
pub const PROFILES: &[Block] = &[
    (
        "Core",
        "Authorize BootNotification DataTransfer Heartbeat MeterValues StartTransaction \
         StatusNotification StopTransaction",
        "ChangeAvailability ChangeConfiguration ClearCache DataTransfer GetConfiguration \
         RemoteStartTransaction RemoteStopTransaction Reset UnlockConnector",
    ),
    (
        "FirmwareManagement",
        "DiagnosticsStatusNotification FirmwareStatusNotification",
        "GetDiagnostics UpdateFirmware",
    ),
    (
        "LocalAuthListManagement",
        "",
        "GetLocalListVersion SendLocalList",
    ),
    ("Reservation", "", "CancelReservation ReserveNow"),
    (
        "SmartCharging",
        "",
        "ClearChargingProfile GetCompositeSchedule SetChargingProfile",
    ),
    ("RemoteTrigger", "", "TriggerMessage"),
    (
        "Security",
        "LogStatusNotification SecurityEventNotification SignCertificate \
         SignedFirmwareStatusNotification",
        "CertificateSigned DeleteCertificate ExtendedTriggerMessage GetInstalledCertificateIds \
         GetLog InstallCertificate SignedUpdateFirmware",
    ),
];

/// The functional blocks of 2.1; 2.0.1 has a part of the actions.
pub const BLOCKS: &[Block] = &[
    (
        "A",
        "SecurityEventNotification SignCertificate",
        "CertificateSigned",
    ),
    (
        "B",
        "BootNotification NotifyReport",
        "GetBaseReport GetReport GetVariables Reset SetNetworkProfile SetVariables",
    ),
    (
        "C",
        "Authorize NotifySettlement VatNumberValidation",
        "ClearCache NotifyWebPaymentStarted",
    ),
    ("D", "", "GetLocalListVersion SendLocalList"),
    ("E", "TransactionEvent", "GetTransactionStatus"),
    (
        "F",
        "",
        "RequestStartTransaction RequestStopTransaction TriggerMessage UnlockConnector",
    ),
    ("G", "Heartbeat StatusNotification", "ChangeAvailability"),
    (
        "H",
        "ReservationStatusUpdate",
        "CancelReservation ReserveNow",
    ),
    (
        "I",
        "",
        "ChangeTransactionTariff ClearTariffs CostUpdated GetTariffs SetDefaultTariff",
    ),
    ("J", "MeterValues", ""),
    (
        "K",
        "ClearedChargingLimit NotifyChargingLimit NotifyEVChargingNeeds \
         NotifyEVChargingSchedule NotifyPriorityCharging PullDynamicScheduleUpdate \
         ReportChargingProfiles",
        "ClearChargingProfile GetChargingProfiles GetCompositeSchedule SetChargingProfile \
         UpdateDynamicSchedule UsePriorityCharging",
    ),
    (
        "L",
        "FirmwareStatusNotification PublishFirmwareStatusNotification",
        "PublishFirmware UnpublishFirmware UpdateFirmware",
    ),
    (
        "M",
        "Get15118EVCertificate GetCertificateChainStatus GetCertificateStatus",
        "DeleteCertificate GetInstalledCertificateIds InstallCertificate",
    ),
    (
        "N",
        "ClosePeriodicEventStream LogStatusNotification NotifyCustomerInformation NotifyEvent \
         NotifyMonitoringReport NotifyPeriodicEventStream! OpenPeriodicEventStream",
        "AdjustPeriodicEventStream ClearVariableMonitoring CustomerInformation GetLog \
         GetMonitoringReport GetPeriodicEventStream SetMonitoringBase SetMonitoringLevel \
         SetVariableMonitoring",
    ),
    (
        "O",
        "NotifyDisplayMessages",
        "ClearDisplayMessage GetDisplayMessages SetDisplayMessage",
    ),
    ("P", "DataTransfer", "DataTransfer"),
    ("Q", "", "AFRRSignal NotifyAllowedEnergyTransfer"),
    (
        "R",
        "NotifyDERAlarm NotifyDERStartStop ReportDERControl",
        "ClearDERControl GetDERControl SetDERControl",
    ),
    ("S", "BatterySwap", "RequestBatterySwap"),
];

/// Block, direction word of the table (`up`, `down`, `both`) and whether an answer follows.
pub fn entry(blocks: &[Block], action: &str) -> Option<(&'static str, &'static str, bool)> {
    blocks.iter().find_map(|(block, up, down)| {
        let in_list = |list: &str| {
            list.split_whitespace().find_map(|word| {
                (word.trim_end_matches('!') == action).then(|| !word.ends_with('!'))
            })
        };
        match (in_list(up), in_list(down)) {
            (Some(_), Some(_)) => Some((*block, "both", true)),
            (Some(answered), None) => Some((*block, "up", answered)),
            (None, Some(answered)) => Some((*block, "down", answered)),
            (None, None) => None,
        }
    })
}

/// All actions of these blocks.
pub fn actions(blocks: &[Block]) -> impl Iterator<Item = &'static str> {
    blocks
        .iter()
        .flat_map(|(_, up, down)| up.split_whitespace().chain(down.split_whitespace()))
        .map(|word| word.trim_end_matches('!'))
}
