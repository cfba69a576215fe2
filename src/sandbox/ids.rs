//! The ids that IAM gives out: real prefixes and lengths, derived from a counter.
//!
//! The same calls in the same order always give the same ids.

use std::fmt::Write as _;

use data_encoding::{BASE32_NOPAD, BASE64, BASE64_NOPAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Gives out ids.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ids {
    seed: String,
    given: u64,
}

impl Ids {
    /// Starts to count; another seed gives other ids.
    pub fn new(seed: &str) -> Self {
        Self { seed: seed.to_owned(), given: 0 }
    }

    /// Another counter of the same seed, for ids of another kind.
    pub fn beside(&self) -> Self {
        Self::new(&self.seed)
    }

    /// The unique id of an entity: `AIDA` for users, `AGPA` for groups, `AROA` for roles, `ANPA`
    /// for managed policies; 21 characters.
    pub fn entity(&mut self, prefix: &str) -> String {
        let digest = self.next(prefix);
        coded(prefix, &digest, 21)
    }

    /// The id of an access key, `AKIA` for users and `ASIA` for temporary credentials: 20 characters.
    pub fn access_key(&mut self, prefix: &str) -> String {
        let digest = self.next(prefix);
        coded(prefix, &digest, 20)
    }

    /// The token that goes with temporary credentials. AWS asks to assume nothing of its size.
    pub fn session_token(&mut self) -> String {
        let parts = [self.next("token"), self.next("token"), self.next("token")];
        BASE64.encode(&parts.concat())
    }

    /// A secret access key: 40 characters.
    pub fn secret(&mut self) -> String {
        let digest = self.next("secret");
        let mut secret = BASE64_NOPAD.encode(&digest);
        secret.truncate(40);
        secret
    }

    /// The seed of a virtual MFA device, 64 characters of Base32.
    pub fn mfa_seed(&mut self) -> String {
        let (first, second) = (self.next("mfa"), self.next("mfa"));
        let mut seed = BASE32_NOPAD.encode(&[first, second].concat());
        seed.truncate(64);
        seed
    }

    /// The id of a request, in the form of a UUID.
    pub fn request(&mut self) -> String {
        let mut id = String::with_capacity(36);
        for (n, byte) in self.next("request").iter().take(16).enumerate() {
            if [4, 6, 8, 10].contains(&n) {
                id.push('-');
            }
            // Writing to a String cannot fail.
            let _ = write!(id, "{byte:02x}");
        }
        id
    }

    /// A number that rises with each call; after the last one, which only a saved account can come near, it starts anew.
    pub fn number(&mut self) -> u64 {
        self.given = self.given.wrapping_add(1);
        self.given
    }

    fn next(&mut self, what: &str) -> [u8; 32] {
        let number = self.number();
        Sha256::digest(format!("{} {what} {number}", self.seed)).into()
    }
}

/// The id of an AWS managed policy, the same in every account.
pub fn of_aws_policy(arn: &str) -> String {
    coded("ANPA", &Sha256::digest(arn), 21)
}

fn coded(prefix: &str, digest: &[u8], length: usize) -> String {
    let mut id = prefix.to_owned();
    BASE32_NOPAD.encode_append(digest, &mut id);
    id.truncate(length);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_prefix_and_length_of_real_ones_and_never_repeat() {
        let mut ids = Ids::new("123456789012");
        let first = ids.entity("AIDA");
        assert!(first.starts_with("AIDA") && first.len() == 21);
        assert_ne!(first, ids.entity("AIDA"));
        assert_eq!(ids.access_key("AKIA").len(), 20);
        assert_eq!(ids.secret().len(), 40);
        assert_eq!(ids.mfa_seed().len(), 64);
        assert_eq!(ids.request().len(), 36);
    }

    #[test]
    fn after_the_last_number_ids_still_differ_from_one_to_the_next() {
        let mut ids = Ids { given: u64::MAX - 1, ..Ids::new("1") };
        let [first, second, third] = [(); 3].map(|()| ids.entity("AGPA"));
        assert!(first != second && second != third);
    }

    #[test]
    fn the_same_calls_give_the_same_ids() {
        let id = |seed| Ids::new(seed).entity("AGPA");
        assert_eq!(id("1"), id("1"));
        assert_ne!(id("1"), id("2"));
    }
}
