//! What a parameter's text may look like: length, characters, pattern.
//!
//! Patterns and lengths are those of IAM's published API model. Pure: no state, no parameters.

use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};

use super::limits;

/// A rule for one kind of text.
#[derive(Debug)]
pub struct Text {
    /// Characters at least.
    pub min: usize,
    /// Characters at most.
    pub max: usize,
    /// Whether the text matches the pattern.
    pub allows: fn(&str) -> bool,
    /// What to say when it does not.
    pub otherwise: Otherwise,
}

/// How IAM words a text that breaks the pattern.
#[derive(Debug)]
pub enum Otherwise {
    /// "The specified value for … is invalid." and this sentence.
    Says(&'static str),
    /// The constraint with the regular expression.
    Pattern(&'static str),
    /// The constraint with the list of allowed words.
    OneOf(&'static [&'static str]),
}

const NAME_SAYS: Otherwise =
    Otherwise::Says("It must contain only alphanumeric characters and/or the following: +=,.@_-");
const PATH_SAYS: Otherwise =
    Otherwise::Says("It must begin and end with / and contain only alphanumeric characters and/or / characters.");
const PRINTABLE_SAYS: Otherwise = Otherwise::Says("It must contain only printable ASCII characters.");

/// The name of a user to be made or renamed to, or of a role.
pub const USER_NAME: Text = name(64);
/// The name of a user that exists; older accounts have longer ones.
pub const EXISTING_USER_NAME: Text = name(128);
/// The name of a group.
pub const GROUP_NAME: Text = name(128);
/// The name of a policy, managed or inline.
pub const POLICY_NAME: Text = name(128);
/// The name of a virtual MFA device.
pub const DEVICE_NAME: Text = name(226);

const fn name(max: usize) -> Text {
    Text { min: 1, max, allows: is_name, otherwise: NAME_SAYS }
}

/// The path of a user, group or device.
pub const PATH: Text = Text { min: 1, max: 512, allows: is_path, otherwise: PATH_SAYS };
/// The path of a policy, which is stricter; also as a filter.
pub const POLICY_PATH: Text = Text { min: 1, max: 512, allows: is_policy_path, otherwise: PATH_SAYS };
/// The beginning of a path, as a filter for users and groups.
pub const PATH_PREFIX: Text =
    Text { min: 1, max: 512, allows: is_path_prefix, otherwise: Otherwise::Pattern(r"\u002F[\u0021-\u007F]*") };
/// The length of an ARN; whether it means anything is decided where it is looked up.
pub const ARN: Text = Text { min: 20, max: 2048, allows: anything, otherwise: Otherwise::Pattern(".*") };
/// A policy document as sent.
pub const DOCUMENT: Text =
    Text { min: 1, max: limits::DOCUMENT_LENGTH, allows: is_document_text, otherwise: PRINTABLE_SAYS };
/// The description of a managed policy.
pub const DESCRIPTION: Text = Text { min: 0, max: 1000, allows: anything, otherwise: Otherwise::Pattern(".*") };
/// The id of a policy version.
pub const VERSION_ID: Text =
    Text { min: 1, max: 64, allows: is_version_id, otherwise: Otherwise::Pattern(r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?") };
/// Where a page begins.
pub const MARKER: Text =
    Text { min: 1, max: 320, allows: is_latin_text, otherwise: Otherwise::Pattern(r"[\u0020-\u00FF]+") };
/// The serial number of an MFA device.
pub const SERIAL_NUMBER: Text =
    Text { min: 9, max: 256, allows: is_serial_number, otherwise: Otherwise::Pattern(r"[\w+=/:,.@-]+") };
/// A code that an MFA device shows.
pub const MFA_CODE: Text = Text {
    min: 6,
    max: 6,
    allows: |text| text.bytes().all(|b| b.is_ascii_digit()),
    otherwise: Otherwise::Pattern(r"[\d]+"),
};
/// The id of an access key.
pub const ACCESS_KEY_ID: Text =
    Text { min: 16, max: 128, allows: |text| text.bytes().all(is_word), otherwise: Otherwise::Pattern(r"[\w]+") };
/// A sign-in password; its strength is the password policy's matter.
pub const PASSWORD: Text = Text {
    min: 1,
    max: 128,
    allows: is_document_text,
    otherwise: Otherwise::Pattern(r"[\u0009\u000A\u000D\u0020-\u00FF]+"),
};
/// The key of a tag.
pub const TAG_KEY: Text =
    Text { min: 1, max: 128, allows: is_tag_text, otherwise: Otherwise::Pattern(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+") };
/// The value of a tag.
pub const TAG_VALUE: Text =
    Text { min: 0, max: 256, allows: is_tag_text, otherwise: Otherwise::Pattern(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*") };

/// The alias of an account.
pub const ACCOUNT_ALIAS: Text = Text {
    min: 3,
    max: 63,
    allows: is_alias,
    otherwise: Otherwise::Pattern(r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"),
};
/// The serial number of an MFA device, where it may be left out.
pub const MFA_SERIAL: Text =
    Text { min: 9, max: 256, allows: is_serial_number, otherwise: Otherwise::Pattern(r"[\w+=/:,.@-]*") };
/// A code that an MFA device shows, where it may be left out.
pub const TOKEN_CODE: Text = Text { otherwise: Otherwise::Pattern(r"[\d]*"), ..MFA_CODE };

/// The name of an action to simulate.
pub const ACTION_NAME: Text = free(3, 128);
/// A resource to simulate, or its owner.
pub const RESOURCE_NAME: Text = free(1, 2_048);
/// A scenario of resources to simulate.
pub const RESOURCE_HANDLING: Text = free(1, 64);
/// The name of a condition key.
pub const CONTEXT_KEY_NAME: Text = free(5, 256);
/// A value of a condition key.
pub const CONTEXT_KEY_VALUE: Text = free(0, usize::MAX);
/// What the values of a condition key are.
pub const CONTEXT_KEY_TYPE: Text = one_of(&[
    "string",
    "stringList",
    "numeric",
    "numericList",
    "boolean",
    "booleanList",
    "ip",
    "ipList",
    "binary",
    "binaryList",
    "date",
    "dateList",
]);

/// A kind of entity.
pub const ENTITY_KIND: Text = one_of(&["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]);
/// How a policy is used.
pub const POLICY_USAGE: Text = one_of(&["PermissionsPolicy", "PermissionsBoundary"]);
/// Whose policies.
pub const POLICY_SCOPE: Text = one_of(&["All", "AWS", "Local"]);
/// What an access key can be set to.
pub const KEY_STATUS: Text = one_of(&["Active", "Inactive", "Expired"]);
/// Whether a device is somebody's.
pub const ASSIGNMENT: Text = one_of(&["Assigned", "Unassigned", "Any"]);

/// One of a fixed set of words.
pub const fn one_of(words: &'static [&'static str]) -> Text {
    Text { min: 0, max: usize::MAX, allows: anything, otherwise: Otherwise::OneOf(words) }
}

/// A text of which only the length is held to something; the pattern stands in for none.
const fn free(min: usize, max: usize) -> Text {
    Text { min, max, allows: anything, otherwise: Otherwise::Pattern(".*") }
}

const fn anything(_: &str) -> bool {
    true
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|b| is_word(b) || b"+=,.@-".contains(&b))
}

/// Small letters, digits and single dashes within.
fn is_alias(text: &str) -> bool {
    let words = text.split('-');
    words.clone().all(|word| !word.is_empty())
        && words.flat_map(str::bytes).all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9'))
}

fn is_serial_number(text: &str) -> bool {
    text.bytes().all(|b| is_word(b) || b"+=/:,.@-".contains(&b))
}

/// `/`, or `/…/` with something printable between.
fn is_path(text: &str) -> bool {
    let between = text.strip_prefix('/').and_then(|t| t.strip_suffix('/'));
    text == "/" || between.is_some_and(|t| !t.is_empty() && t.bytes().all(|b| (0x21..=0x7e).contains(&b)))
}

/// Segments of names, each begun by a slash, and a slash at the end; no empty segment.
fn is_policy_path(text: &str) -> bool {
    let Some(segments) = text.strip_prefix('/').map(|t| t.strip_suffix('/')) else {
        return false;
    };
    match segments {
        None => text == "/",
        Some(segments) => segments.split('/').all(|s| !s.is_empty() && is_name(s)),
    }
}

fn is_path_prefix(text: &str) -> bool {
    text.starts_with('/') && text.bytes().all(|b| (0x21..=0x7f).contains(&b))
}

fn is_latin_text(text: &str) -> bool {
    text.chars().all(|c| ('\u{20}'..='\u{ff}').contains(&c))
}

fn is_document_text(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}'))
}

/// Letters, separators and numbers by Unicode's general category, as the pattern says: not all that
/// `char::is_alphanumeric` takes, and spaces of every kind.
fn is_tag_text(text: &str) -> bool {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let allowed =
        GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Separator).union(GeneralCategoryGroup::Number);
    text.chars().all(|c| "_.:/=+-@".contains(c) || allowed.contains(categories.get(c)))
}

fn is_version_id(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('v') else {
        return false;
    };
    let (number, tail) = rest.split_once('.').unwrap_or((rest, ""));
    !number.starts_with('0')
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && tail.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(rule: &Text, text: &str) -> bool {
        let length = text.chars().count();
        (rule.min..=rule.max).contains(&length) && (rule.allows)(text)
    }

    #[test]
    fn a_name_may_look_like_an_address_but_hold_no_space_slash_or_foreign_letter() {
        assert!(fits(&USER_NAME, "lamp@demoasacode.io"));
        for bad in ["", "a b", "a/b", "김", "a*"] {
            assert!(!fits(&USER_NAME, bad), "{bad}");
        }
        assert!(fits(&USER_NAME, &"x".repeat(64)));
        assert!(!fits(&USER_NAME, &"x".repeat(65)));
    }

    #[test]
    fn a_path_begins_and_ends_with_a_slash() {
        for good in ["/", "/foundation/", "/a/b/", "/*/"] {
            assert!(fits(&PATH, good), "{good}");
        }
        for bad in ["", "foundation", "/foundation", "foundation/", "/a b/", "//"] {
            assert!(!fits(&PATH, bad), "{bad}");
        }
    }

    #[test]
    fn a_policy_path_is_stricter_than_other_paths() {
        for good in ["/", "/foundation/", "/a/b-c/"] {
            assert!(fits(&POLICY_PATH, good), "{good}");
        }
        for bad in ["/*/", "//", "/a//b/", "/a", "a/"] {
            assert!(!fits(&POLICY_PATH, bad), "{bad}");
        }
    }

    #[test]
    fn a_document_holds_nothing_beyond_latin_letters() {
        assert!(fits(&DOCUMENT, "{\"é\": \"\t\r\n\u{ff}\"}"));
        assert!(!fits(&DOCUMENT, "{\"김\": 1}"));
        assert!(!fits(&DOCUMENT, "\u{0}"));
    }

    #[test]
    fn a_tag_holds_letters_separators_and_numbers_of_every_script() {
        for good in ["", "a_.:/=+-@ 1", "\u{d55c}\u{3000}\u{a0}\u{2028}", "\u{bd}\u{2167}", "\u{915}"] {
            assert!(fits(&TAG_VALUE, good), "{good:?}");
        }
        for bad in ["a\tb", "a,b", "\u{93e}", "\u{24b6}", "\u{200b}", "\u{1f600}"] {
            assert!(!fits(&TAG_VALUE, bad), "{bad:?}");
        }
    }

    #[test]
    fn a_version_id_is_v_and_a_number() {
        assert!(fits(&VERSION_ID, "v1") && fits(&VERSION_ID, "v120"));
        for bad in ["v0", "1", "v", "vx", "v01"] {
            assert!(!fits(&VERSION_ID, bad), "{bad}");
        }
    }
}
