//! `Range: bytes=...` (RFC 9110 section 14), as much of it as a resumed download needs.

/// Which bytes to send. `Part` is inclusive at both ends, as in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    Whole,
    Part { from: u64, to: u64 },
}

impl Range {
    /// Of a file of `n_bytes`. `None`: it lies outside, which is 416. Another unit, several ranges
    /// and nonsense are the whole file, which section 14.2 allows.
    pub(super) fn parse(text: &str, n_bytes: u64) -> Option<Self> {
        let Some((from, to)) = text.strip_prefix("bytes=").and_then(|it| it.split_once('-')) else {
            return Some(Self::Whole);
        };
        let last = n_bytes.checked_sub(1)?;
        match (from.trim().parse::<u64>(), to.trim().parse::<u64>()) {
            (Ok(from), Ok(to)) if from <= to => {
                (from <= last).then_some(Self::Part { from, to: to.min(last) })
            }
            (Ok(from), Err(_)) if to.trim().is_empty() => {
                (from <= last).then_some(Self::Part { from, to: last })
            }
            (Err(_), Ok(n_last)) if from.trim().is_empty() => {
                let from = n_bytes.saturating_sub(n_last);
                (n_last > 0).then_some(Self::Part { from, to: last })
            }
            _ => Some(Self::Whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_ten_bytes() {
        let part = |from, to| Some(Range::Part { from, to });
        assert_eq!(Range::parse("bytes=0-", 10), part(0, 9));
        assert_eq!(Range::parse("bytes=4-6", 10), part(4, 6));
        assert_eq!(Range::parse("bytes=4-600", 10), part(4, 9));
        assert_eq!(Range::parse("bytes=-3", 10), part(7, 9));
        assert_eq!(Range::parse("bytes=-30", 10), part(0, 9));
        assert_eq!(Range::parse("bytes=9-", 10), part(9, 9));
        assert_eq!(Range::parse("bytes=10-", 10), None);
        assert_eq!(Range::parse("bytes=-0", 10), None);
        assert_eq!(Range::parse("bytes=0-", 0), None);
        for whole in ["lines=1-2", "bytes=0-1,4-5", "bytes=6-4", "bytes=a-b", "nonsense"] {
            assert_eq!(Range::parse(whole, 10), Some(Range::Whole), "{whole}");
        }
    }
}
