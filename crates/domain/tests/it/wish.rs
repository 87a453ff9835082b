//! What is done about a wish after a look at the station.

use chrono::{TimeDelta, TimeZone, Utc};
use domain::clock::Moment;
use domain::command::{VariableName, WriteResult, Written};
use domain::id::{OrgId, TemplateId};
use domain::setting::{
    Fit, Look, Misfit, Reaction, Setting, SettingOrigin, SettingState, Step, Template,
    TemplateBody, Wish, misfit, newest,
};
use domain::station::Hardware;
use domain::variable::{Mutability, Traits, VariableReading};
use std::cmp::Ordering;
use uuid::Uuid;

fn at(minutes: i64) -> Moment {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn name() -> VariableName {
    VariableName::of("Box", "Light")
}

fn wish(reaction: Reaction) -> Setting {
    let wish = Wish {
        name: name(),
        value: "5".to_owned(),
        reaction,
    };
    Setting::new(wish, SettingOrigin::Hand, None, "Ana".to_owned(), at(0))
}

fn reading(value: &str) -> VariableReading {
    VariableReading {
        name: name(),
        attribute: "Actual".to_owned(),
        value: Some(value.to_owned()),
        mutability: Some(Mutability::ReadWrite),
        traits: None,
    }
}

fn look<'a>(reported: Option<&'a VariableReading>, now: Moment) -> Look<'a> {
    Look {
        reported,
        charging: false,
        locked: false,
        asked: false,
        booted_at: None,
        firmware: Some("1"),
        now,
    }
}

fn answer(result: Written) -> WriteResult {
    WriteResult {
        name: name(),
        result,
        reason: None,
    }
}

#[test]
fn what_differs_is_written_and_holds_when_it_is_seen() {
    let mut setting = wish(Reaction::Revert);
    let (other, own) = (reading("9"), reading("5.0"));
    assert_eq!(setting.look(&look(Some(&other), at(1))), Step::Write);
    assert!(setting.drift);
    setting.begin(at(1));
    setting.answered(&answer(Written::Accepted), Some("1"), at(1));
    assert_eq!(setting.look(&look(Some(&own), at(2))), Step::Rest);
    assert_eq!(setting.state, SettingState::Holds);
    assert!(!setting.drift);
}

#[test]
fn the_same_change_is_put_back_three_times_and_a_restart_is_no_storm() {
    let other = reading("9");
    for restarts in [false, true] {
        let mut setting = wish(Reaction::Revert);
        let mut written = 0;
        for round in 0..8 {
            // Twice an hour, so that the hour's times are not what ends it.
            let now = at(30 * round);
            let seen = Look {
                booted_at: restarts.then_some(now - TimeDelta::minutes(1)),
                ..look(Some(&other), now)
            };
            if setting.look(&seen) == Step::Write {
                written += 1;
                setting.begin(now);
                setting.answered(&answer(Written::Accepted), Some("1"), now);
            }
        }
        let (wanted, state) = match restarts {
            false => (4, SettingState::Stopped),
            true => (8, SettingState::Holds),
        };
        assert_eq!((written, setting.state), (wanted, state), "{restarts}");
    }
}

#[test]
fn three_times_in_an_hour_and_then_later() {
    let mut setting = wish(Reaction::Revert);
    for round in 0..4 {
        let other = reading(&round.to_string());
        assert_eq!(setting.look(&look(Some(&other), at(round))), Step::Write);
        setting.begin(at(round));
        setting.answered(&answer(Written::Accepted), Some("1"), at(round));
    }
    let other = reading("77");
    let next = setting.look(&look(Some(&other), at(5)));
    assert_eq!(
        next,
        Step::Again(at(61)),
        "an hour after the first time it was put back"
    );
}

#[test]
fn what_was_declined_is_not_tried_again_until_the_firmware_changes_or_somebody_asks() {
    let other = reading("9");
    for (result, state) in [
        (Written::Rejected, SettingState::Rejected),
        (Written::NotSupported, SettingState::NotSupported),
        (Written::ReadOnly, SettingState::ReadOnly),
    ] {
        let mut setting = wish(Reaction::Revert);
        assert_eq!(setting.look(&look(Some(&other), at(1))), Step::Write);
        setting.begin(at(1));
        setting.answered(&answer(result), Some("1"), at(1));
        assert_eq!(setting.look(&look(Some(&other), at(90))), Step::Rest);
        assert_eq!(setting.state, state);
        let mut asked = setting.clone();
        let seen = Look {
            asked: true,
            ..look(Some(&other), at(91))
        };
        assert_eq!(asked.look(&seen), Step::Write);
        let newer = Look {
            firmware: Some("2"),
            ..look(Some(&other), at(91))
        };
        assert_eq!(setting.look(&newer), Step::Write);
    }
}

#[test]
fn what_waits_for_a_restart_waits_and_never_interrupts_a_session() {
    let other = reading("9");
    let mut setting = wish(Reaction::Revert);
    setting.begin(at(0));
    setting.answered(&answer(Written::RebootRequired), Some("1"), at(1));
    assert_eq!(setting.look(&look(Some(&other), at(2))), Step::Rest);
    assert_eq!(setting.state, SettingState::PendingReboot);
    assert!(!setting.drift, "it is on its way");
    let after = Look {
        booted_at: Some(at(3)),
        charging: true,
        ..look(Some(&other), at(4))
    };
    assert!(matches!(setting.look(&after), Step::Again(_)));
    assert_eq!(setting.state, SettingState::AfterSession);
    let idle = Look {
        charging: false,
        ..after
    };
    assert_eq!(setting.look(&idle), Step::Write);
}

#[test]
fn a_lock_a_read_only_setting_and_one_that_is_only_watched_are_left_alone() {
    let other = reading("9");
    let shut = Look {
        locked: true,
        asked: true,
        ..look(Some(&other), at(1))
    };
    let mut setting = wish(Reaction::Revert);
    assert_eq!(setting.look(&shut), Step::Rest);
    assert_eq!(setting.state, SettingState::Locked);
    let fixed = VariableReading {
        mutability: Some(Mutability::ReadOnly),
        ..other.clone()
    };
    assert_eq!(setting.look(&look(Some(&fixed), at(1))), Step::Rest);
    assert_eq!(setting.state, SettingState::ReadOnly);
    let mut watched = wish(Reaction::Alert);
    assert_eq!(watched.look(&look(Some(&other), at(1))), Step::Rest);
    assert_eq!(
        (watched.state, watched.drift),
        (SettingState::Differs, true)
    );
    // What the station had and does not tell any more is not written blindly.
    let mut gone = wish(Reaction::Revert);
    let own = reading("5");
    gone.look(&look(Some(&own), at(1)));
    assert_eq!(gone.look(&look(None, at(2))), Step::Rest);
    assert_eq!((gone.state, gone.drift), (SettingState::Differs, true));
}

#[test]
fn values_are_held_against_what_the_station_told() {
    let of = |kind: &str, min: Option<&str>, max: Option<&str>, values: &[&str]| VariableReading {
        traits: Some(Traits {
            data_type: Some(kind.to_owned()),
            min_limit: min.map(str::to_owned),
            max_limit: max.map(str::to_owned),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
            ..Traits::default()
        }),
        ..reading("1")
    };
    let number = of("integer", Some("0"), Some("100"), &[]);
    assert_eq!(misfit(&number, "100"), None);
    assert_eq!(misfit(&number, "101"), Some(Misfit::OutOfRange));
    assert_eq!(misfit(&number, "1.5"), Some(Misfit::WrongType));
    let decimal = of("decimal", Some("0.5"), None, &[]);
    assert_eq!(misfit(&decimal, "0.4"), Some(Misfit::OutOfRange));
    assert_eq!(misfit(&decimal, "NaN"), Some(Misfit::WrongType));
    let list = of("MemberList", None, None, &["A", "B"]);
    assert_eq!(misfit(&list, "b, A"), None);
    assert_eq!(misfit(&list, "A,C"), Some(Misfit::NotInList));
    assert_eq!(
        misfit(&of("OptionList", None, None, &["A", "B"]), "A,B"),
        Some(Misfit::NotInList)
    );
    assert_eq!(
        misfit(&of("string", None, Some("3"), &[]), "four"),
        Some(Misfit::TooLong)
    );
    assert_eq!(
        misfit(&of("boolean", None, None, &[]), "yes"),
        Some(Misfit::WrongType)
    );
    assert_eq!(misfit(&reading("1"), "anything"), None, "nothing was told");
}

#[test]
fn versions_are_compared_as_people_read_them() {
    for (older, newer) in [
        ("1.9.2", "1.10.0"),
        ("v1.2", "1.2.1"),
        ("1.2-rc1", "1.2.0"),
        ("R1.8.21", "R1.8.30"),
        ("2024-01-09", "2024-02-01"),
    ] {
        assert_eq!(newest(older, newer), Ordering::Less, "{older} {newer}");
        assert_eq!(newest(newer, older), Ordering::Greater, "{older} {newer}");
    }
    assert_eq!(newest("V1.2", "1.2"), Ordering::Equal);
}

fn template(n: u128, priority: i32, automatic: bool, fit: Fit) -> Template {
    Template {
        id: TemplateId::from_uuid(Uuid::from_u128(n)),
        org: OrgId::from_uuid(Uuid::from_u128(1)),
        body: TemplateBody {
            name: n.to_string(),
            fit,
            automatic,
            priority,
            reset_when_idle: false,
            values: Vec::new(),
        },
        version: 1,
        created_at: at(i64::try_from(n).unwrap()),
        edited_at: at(0),
        edited_by: "Ana".to_owned(),
    }
}

#[test]
fn the_chosen_template_counts_then_the_fitting_one_of_highest_priority() {
    let abb = Fit {
        vendor: Some("abb".to_owned()),
        model: Some("Terra*".to_owned()),
        firmware_from: Some("1.8".to_owned()),
        firmware_to: Some("1.9.9".to_owned()),
    };
    let all = [
        template(1, 0, true, Fit::default()),
        template(2, 5, true, abb.clone()),
        template(3, 9, false, Fit::default()),
        template(4, 5, true, abb),
    ];
    let hardware = Hardware {
        vendor: Some("ABB".to_owned()),
        model: Some("Terra AC".to_owned()),
        firmware_version: Some("1.8.21".to_owned()),
        ..Hardware::default()
    };
    let of = |chosen, hardware: &Hardware| Template::of(&all, chosen, hardware).map(|t| t.id);
    let id = |n| Some(TemplateId::from_uuid(Uuid::from_u128(n)));
    assert_eq!(of(None, &hardware), id(2), "the older of two equals");
    assert_eq!(of(id(3), &hardware), id(3));
    assert_eq!(
        of(id(77), &hardware),
        id(2),
        "a chosen one that is gone does not count"
    );
    let newer = Hardware {
        firmware_version: Some("2.0".to_owned()),
        ..hardware
    };
    assert_eq!(of(None, &newer), id(1));
    assert_eq!(of(None, &Hardware::default()), id(1));
    let odd = Fit {
        model: Some("a*b".to_owned()),
        ..Fit::default()
    };
    assert!(odd.checked().is_err());
    let turned = Fit {
        firmware_from: Some("2".to_owned()),
        firmware_to: Some("1".to_owned()),
        ..Fit::default()
    };
    assert!(turned.checked().is_err());
}
