//! The policy: read with casbin, checked against the closed lists, kept as one bit set a role.

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use domain::role::{Permission, PermissionSet, Role, RoleSet};

const MODEL: &str = include_str!("../../../casbin/model.conf");
const POLICY: &str = include_str!("../../../casbin/policy.csv");

/// Why a policy is refused. The server does not start with such a one.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It allows nobody anything.
    #[error("the policy is empty")]
    Empty,
    /// A line that is not `p, role, permission`.
    #[error("line {line} of the policy is not `p, role, permission`")]
    Malformed {
        /// Counted from 1.
        line: usize,
    },
    /// A line that names a role nobody knows.
    #[error("line {line} of the policy names the role {name:?}, which does not exist")]
    UnknownRole {
        /// Counted from 1.
        line: usize,
        /// The name.
        name: String,
    },
    /// A line that names a permission nobody knows.
    #[error("line {line} of the policy names the permission {name:?}, which does not exist")]
    UnknownPermission {
        /// Counted from 1.
        line: usize,
        /// The name.
        name: String,
    },
    /// casbin refuses the model or the policy.
    #[error("casbin refuses the policy")]
    Casbin(#[from] casbin::Error),
}

/// What each role may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    by_role: [PermissionSet; 7],
}

impl Policy {
    /// The policy that is built in.
    pub async fn built_in() -> Result<Self, PolicyError> {
        Self::read(MODEL, POLICY).await
    }

    /// Reads a model and a policy, and asks casbin once for every role and permission: casbin
    /// takes about 0.3 ms a decision, which is too much for every call.
    pub async fn read(model: &str, policy: &str) -> Result<Self, PolicyError> {
        let enforcer = enforcer(model, policy).await?;
        let mut by_role = [PermissionSet::EMPTY; 7];
        for (set, role) in by_role.iter_mut().zip(Role::ALL) {
            for permission in Permission::ALL {
                // The instance belongs to its operator: no role of an organisation reaches it.
                let reachable = *permission != Permission::SystemManage;
                if reachable && enforcer.enforce((role.key(), permission.key()))? {
                    *set = set.with(*permission);
                }
            }
        }
        Ok(Self { by_role })
    }

    /// What a role may do, before modules and scope.
    #[must_use]
    pub fn of_role(&self, role: Role) -> PermissionSet {
        self.by_role[role as usize]
    }

    /// What several roles may do together, before modules and scope.
    #[must_use]
    pub fn of_roles(&self, roles: RoleSet) -> PermissionSet {
        roles
            .iter()
            .map(|role| self.of_role(role))
            .fold(PermissionSet::EMPTY, PermissionSet::union)
    }
}

/// casbin with the lines of a policy that names only what exists.
async fn enforcer(model: &str, policy: &str) -> Result<Enforcer, PolicyError> {
    let lines = lines(policy)?;
    if lines.is_empty() {
        return Err(PolicyError::Empty);
    }
    let model = DefaultModel::from_str(model).await?;
    let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
    enforcer.add_policies(lines).await?;
    Ok(enforcer)
}

fn lines(policy: &str) -> Result<Vec<Vec<String>>, PolicyError> {
    let mut lines = Vec::new();
    for (i, text) in policy.lines().enumerate() {
        let line = i + 1;
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = text.split(',').map(str::trim).collect();
        let ["p", role, permission] = fields[..] else {
            return Err(PolicyError::Malformed { line });
        };
        if Role::from_key(role).is_none() {
            return Err(PolicyError::UnknownRole {
                line,
                name: role.to_owned(),
            });
        }
        if permission != "*" && Permission::from_key(permission).is_none() {
            return Err(PolicyError::UnknownPermission {
                line,
                name: permission.to_owned(),
            });
        }
        lines.push(vec![role.to_owned(), permission.to_owned()]);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_policy_that_names_nothing_real_is_refused() {
        let read = |text: &'static str| async move { Policy::read(MODEL, text).await.unwrap_err() };
        assert!(matches!(read("").await, PolicyError::Empty));
        assert!(matches!(read("# nothing\n").await, PolicyError::Empty));
        let unknown = read("p, viewer, stations.list\np, emperor, stations.list\n").await;
        assert!(matches!(unknown, PolicyError::UnknownRole { line: 2, .. }));
        let unknown = read("p, viewer, stations.explode\n").await;
        assert!(matches!(
            unknown,
            PolicyError::UnknownPermission { line: 1, .. }
        ));
        assert!(matches!(
            read("g, viewer\n").await,
            PolicyError::Malformed { line: 1 }
        ));
    }

    #[tokio::test]
    async fn the_bit_sets_say_what_casbin_says_for_all_role_sets() {
        let policy = Policy::built_in().await.unwrap();
        let enforcer = enforcer(MODEL, POLICY).await.unwrap();
        for bits in 0..128u8 {
            let roles = RoleSet::from_bits(bits);
            let ours = policy.of_roles(roles);
            for permission in Permission::ALL
                .iter()
                .filter(|p| **p != Permission::SystemManage)
            {
                let theirs = roles
                    .iter()
                    .any(|role| enforcer.enforce((role.key(), permission.key())).unwrap());
                assert_eq!(
                    ours.contains(*permission),
                    theirs,
                    "{bits:07b} {}",
                    permission.key()
                );
            }
        }
    }
}
