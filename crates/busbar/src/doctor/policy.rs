//! Who may do what: the policy that is built in is valid, and the one that was agreed on.

use access::Policy;

use super::Check;

/// Reads the policy as the server would.
pub async fn examine() -> Check {
    const CHECK: &str = "policy";
    let fix = "This build of Busbar is not whole: install it anew.";
    match Policy::built_in().await {
        Ok(policy) if access::csv(&policy) == access::GOLDEN => {
            Check::well(CHECK, "valid, and equal to the table of rights")
        }
        Ok(_) => Check::finding(CHECK, "it differs from the table of rights", fix),
        Err(error) => Check::finding(CHECK, error.to_string(), fix),
    }
}
