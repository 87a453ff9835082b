//! Sites and the administrative state that people give to sites and stations, apart from what a
//! station reports of itself.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{OrgId, SiteId};

/// What the operator says of a site or station (access.md A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminState {
    /// Being built up; only technicians' tokens are authorised.
    InDeployment,
    /// In use.
    InService,
    /// Under maintenance; only technicians' tokens are authorised.
    InMaintenance,
    /// Made inoperative.
    OutOfService,
    /// Put away; kept for its history.
    Archived,
}

/// Who may charge at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accessibility {
    /// Anyone, without paying.
    PublicFree,
    /// Anyone who pays.
    PublicPaid,
    /// Known tokens only.
    Restricted,
}

/// One place with stations.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// The owner.
    pub org: OrgId,
    /// Its name.
    pub name: String,
    /// Street and number.
    pub address: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<String>,
    /// IANA time zone name.
    pub time_zone: String,
    /// Latitude and longitude in degrees times 1e7 (WGS 84).
    pub position_e7: Option<(i64, i64)>,
    /// What the operator says of it.
    pub admin_state: AdminState,
    /// Who may charge here.
    pub accessibility: Accessibility,
    /// When it was made.
    pub created_at: Moment,
}

/// The codes of ISO 3166-1 alpha-2.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO \
    BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ \
    DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP \
    GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG \
    KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML \
    MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE \
    PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL \
    SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM \
    US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// Whether `code` is a country: ISO 3166-1 alpha-2, or XK, which the others use for Kosovo until it
/// has a code of its own.
#[must_use]
pub fn is_country(code: &str) -> bool {
    code == "XK" || COUNTRIES.split(' ').any(|known| known == code)
}

/// Whether `name` is a time zone of the IANA database, by its name or an older one that still
/// leads to it; written as there.
#[must_use]
pub fn is_time_zone(name: &str) -> bool {
    name.parse::<chrono_tz::Tz>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_and_time_zones_are_those_that_there_are() {
        for code in ["AT", "DE", "XK", "ZW"] {
            assert!(is_country(code), "{code}");
        }
        for code in ["", "A", "ZZ", "UK", "at", "AT DE", " AT"] {
            assert!(!is_country(code), "{code}");
        }
        for name in [
            "UTC",
            "Europe/Vienna",
            "America/Argentina/Ushuaia",
            "Europe/Kyiv",
        ] {
            assert!(is_time_zone(name), "{name}");
        }
        for name in [
            "",
            "Europe/Wien",
            "europe/vienna",
            "CEST",
            "+01:00",
            "Europe/Vienna ",
        ] {
            assert!(!is_time_zone(name), "{name}");
        }
    }
}
