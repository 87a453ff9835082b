//! Ranges of HTTP (RFC 9110, section 14): which bytes a peer asks for. What cannot be read is
//! ignored, as the RFC has it, and so is a wish for several ranges at once: the peer gets everything.

/// Which bytes are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of them.
    All,
    /// From the first to the last of these, both of which are there.
    Part(u64, u64),
    /// None that are there.
    Nothing,
}

/// Reads a `Range` header for something of `bytes` bytes.
pub(super) fn wanted(header: Option<&str>, bytes: u64) -> Wanted {
    let Some((unit, set)) = header.and_then(|text| text.split_once('=')) else {
        return Wanted::All;
    };
    let Some((first, last)) = set.trim().split_once('-') else {
        return Wanted::All;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Wanted::All;
    }
    match (number(first), number(last)) {
        (Some(Some(first)), Some(last)) => {
            if last.is_some_and(|last| last < first) {
                Wanted::All
            } else if first >= bytes {
                Wanted::Nothing
            } else {
                Wanted::Part(first, last.unwrap_or(u64::MAX).min(bytes - 1))
            }
        }
        // The last so many.
        (Some(None), Some(Some(many))) => match many.min(bytes) {
            0 => Wanted::Nothing,
            many => Wanted::Part(bytes - many, bytes - 1),
        },
        _ => Wanted::All,
    }
}

/// A number, or nothing where nothing stands; none for what is no number.
fn number(text: &str) -> Option<Option<u64>> {
    match text.trim() {
        "" => Some(None),
        text if text.chars().all(|c| c.is_ascii_digit()) => text.parse().ok().map(Some),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_served_and_what_is_odd_is_ignored() {
        for (header, is) in [
            ("bytes=0-0", Wanted::Part(0, 0)),
            ("bytes=2-5", Wanted::Part(2, 5)),
            ("bytes=7-", Wanted::Part(7, 9)),
            ("bytes=7-99", Wanted::Part(7, 9)),
            ("bytes=-3", Wanted::Part(7, 9)),
            ("bytes=-99", Wanted::Part(0, 9)),
            ("Bytes = 1 - 2", Wanted::Part(1, 2)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-2", Wanted::All),
            ("bytes=-", Wanted::All),
            ("bytes=0-1,4-5", Wanted::All),
            ("lines=0-1", Wanted::All),
            ("bytes=a-b", Wanted::All),
            ("bytes=99999999999999999999-", Wanted::All),
            ("bytes", Wanted::All),
        ] {
            assert_eq!(wanted(Some(header), 10), is, "{header}");
        }
        assert_eq!(wanted(None, 10), Wanted::All);
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Nothing);
    }
}
