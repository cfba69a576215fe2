//! Time-based one-time codes (RFC 6238: SHA-1, six digits, 30 seconds), as virtual MFA devices
//! show them.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha1::Sha1;

/// Seconds that a code lasts.
pub const STEP: i64 = 30;

/// Codes this many steps before and after the current one are taken, for clocks that differ.
const DRIFT: std::ops::RangeInclusive<i64> = -3..=1;

/// The code that a device with this Base32 seed shows at a time.
pub fn code(seed: &str, at: Timestamp) -> Option<String> {
    at_step(seed, at.as_second().div_euclid(STEP))
}

/// Whether the two codes are consecutive and of about now.
pub fn are_consecutive(seed: &str, first: &str, second: &str, now: Timestamp) -> bool {
    let current = now.as_second().div_euclid(STEP);
    DRIFT.into_iter().any(|drift| {
        let step = current + drift;
        at_step(seed, step).as_deref() == Some(first) && at_step(seed, step + 1).as_deref() == Some(second)
    })
}

fn at_step(seed: &str, step: i64) -> Option<String> {
    let key = BASE32_NOPAD.decode(seed.as_bytes()).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last()? & 0x0f);
    let word = digest.get(offset..offset + 4)?;
    let number = u32::from_be_bytes(word.try_into().ok()?) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 6238, appendix B: the ASCII seed "12345678901234567890".
    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        assert_eq!(code(SEED, at(59)).unwrap(), "287082");
        assert_eq!(code(SEED, at(1_111_111_109)).unwrap(), "081804");
        assert_eq!(code(SEED, at(20_000_000_000)).unwrap(), "353130");
    }

    #[test]
    fn two_codes_in_a_row_are_needed_in_their_order() {
        let now = at(1_111_111_109);
        let (first, second) = (code(SEED, now).unwrap(), code(SEED, at(1_111_111_139)).unwrap());
        assert!(are_consecutive(SEED, &first, &second, now));
        assert!(!are_consecutive(SEED, &second, &first, now));
        assert!(!are_consecutive(SEED, &first, &first, now));
        assert!(!are_consecutive(SEED, &first, &second, at(1_111_119_999)));
    }
}
