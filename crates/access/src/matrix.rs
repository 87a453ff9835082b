//! The policy as a table, for people and for the golden test.

use std::fmt::Write;

use domain::role::{Permission, Role};

use crate::policy::Policy;

/// The golden table: what the committed policy must come to.
pub const GOLDEN: &str = include_str!("../../../casbin/matrix.csv");

/// The table: a row for each permission in the order of the closed list, a column for each role,
/// cells `yes` and `no`.
#[must_use]
pub fn csv(policy: &Policy) -> String {
    let mut text = String::from("permission");
    for role in Role::ALL {
        let _ = write!(text, ",{}", role.key());
    }
    text.push('\n');
    for permission in Permission::ALL {
        text.push_str(permission.key());
        for role in Role::ALL {
            text.push_str(if policy.of_role(*role).contains(*permission) {
                ",yes"
            } else {
                ",no"
            });
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn the_enforced_policy_is_the_table_of_facts() {
        let policy = Policy::built_in().await.unwrap();
        assert_eq!(csv(&policy), GOLDEN);
    }
}
