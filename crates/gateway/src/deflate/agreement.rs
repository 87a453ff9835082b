//! What a station offers in `Sec-WebSocket-Extensions`, and what we agree to (RFC 7692 §7.1).

/// Compression was agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// The value of our `Sec-WebSocket-Extensions`.
    pub answer: String,
    /// Our own messages may be packed. Not for a station with a smaller window than our packer
    /// has; it may still pack its own.
    pub packs: bool,
}

/// The first offer that can be met, of all header values in their order. An offer with an unknown,
/// repeated or wrong parameter is passed over, as §7.1 demands.
pub(crate) fn agree(offers: &[String]) -> Option<Agreement> {
    offers
        .iter()
        .flat_map(|value| value.split(','))
        .find_map(meet)
}

fn meet(offer: &str) -> Option<Agreement> {
    let mut parts = offer.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("permessage-deflate") {
        return None;
    }
    let mut seen = Vec::new();
    let mut window = None;
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
            None => (part, None),
        };
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
        match (name, value) {
            ("server_no_context_takeover" | "client_no_context_takeover", None)
            | ("client_max_window_bits", None) => {}
            ("client_max_window_bits", Some(bits)) => {
                window_bits(bits)?;
            }
            ("server_max_window_bits", Some(bits)) => window = Some(window_bits(bits)?),
            _ => return None,
        }
    }
    let mut answer =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover".to_owned();
    if let Some(bits) = window {
        answer.push_str(&format!("; server_max_window_bits={bits}"));
    }
    Some(Agreement {
        answer,
        packs: window.is_none_or(|bits| bits == 15),
    })
}

/// 8 to 15, without a zero before it (§7.1.2).
fn window_bits(text: &str) -> Option<u8> {
    let bits = text.parse().ok()?;
    ((8..=15).contains(&bits) && !text.starts_with(['0', '+'])).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_met_or_passed_over() {
        const BOTH: &str =
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        let narrow = format!("{BOTH}; server_max_window_bits=10");
        let full = format!("{BOTH}; server_max_window_bits=15");
        for (offers, answer, packs) in [
            (vec!["permessage-deflate"], Some(BOTH), true),
            (
                vec!["permessage-deflate; client_max_window_bits"],
                Some(BOTH),
                true,
            ),
            (
                vec!["x-webkit-deflate-frame", "Permessage-Deflate"],
                Some(BOTH),
                true,
            ),
            (
                vec!["permessage-deflate;server_max_window_bits=\"10\""],
                Some(&narrow),
                false,
            ),
            (
                vec!["permessage-deflate; server_max_window_bits=15"],
                Some(&full),
                true,
            ),
            (
                vec!["permessage-deflate; mystery, permessage-deflate; client_no_context_takeover"],
                Some(BOTH),
                true,
            ),
            (
                vec!["permessage-deflate; server_max_window_bits=16"],
                None,
                false,
            ),
            (
                vec!["permessage-deflate; server_max_window_bits"],
                None,
                false,
            ),
            (
                vec!["permessage-deflate; client_max_window_bits=08"],
                None,
                false,
            ),
            (
                vec!["permessage-deflate; client_no_context_takeover; client_no_context_takeover"],
                None,
                false,
            ),
            (vec!["permessage-bzip2"], None, false),
            (vec![], None, false),
        ] {
            let given: Vec<String> = offers.iter().map(|o| (*o).to_owned()).collect();
            let agreed = agree(&given);
            assert_eq!(
                agreed.as_ref().map(|a| a.answer.as_str()),
                answer,
                "{offers:?}"
            );
            assert_eq!(agreed.is_some_and(|a| a.packs), packs, "{offers:?}");
        }
    }
}
