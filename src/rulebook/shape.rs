//! Pages of what the decoders and the parsers find: the shape of the files.

use super::{Kind, Page};
use crate::diagnostic::Severity;

pub(super) const PAGES: &[Page] = &[
    shape(
        "empty-file",
        "the file is empty",
        "A file with nothing in it but white space or comments.",
        "Restore it; an empty matrix would take everybody's access away.",
    ),
    shape(
        "yaml-syntax",
        "the file is not YAML",
        "Text that is not YAML from this place on, merge keys (`<<`) and the marks of an unfinished merge among it.",
        "Correct the text at the place that is shown.",
    ),
    shape(
        "json-syntax",
        "the document is not JSON",
        "Text that is not JSON from this place on: comments, trailing commas and a byte-order mark among it.",
        "Correct the text at the place that is shown; IAM takes plain JSON only.",
    ),
    shape(
        "missing-key",
        "a required key is missing",
        "A key without which the rest has no meaning; `account` among them outside observe mode.",
        "Add the key as the finding shows it.",
    ),
    shape(
        "unknown-key",
        "there is no such key",
        "A key that nobody reads. A setting that is misspelled would otherwise be silently ignored.",
        "Write the key that is suggested, or remove it.",
    ),
    shape(
        "duplicate-key",
        "a key is written twice",
        "The same key twice in one map. Most readers of YAML let the last one win, which hides a grant from a reviewer.",
        "Keep one of the two and merge what they say.",
    ),
    shape(
        "wrong-type",
        "a value is of another type than its key wants",
        "A list where text belongs, a number without quotes where an id belongs, and so on.",
        "Write the value as the finding shows it.",
    ),
    Page {
        aliases: &["V17"],
        ..shape(
            "bad-value",
            "a value is none of those that are allowed",
            "Text that means nothing at this place: a mode that does not exist, an account id without twelve digits, a \
             day that is none.",
            "Write one of the values that the finding names.",
        )
    },
    shape(
        "out-of-range",
        "a number lies outside its range",
        "A number that IAM, or the program, would not take.",
        "Write one within the range that the finding names.",
    ),
    shape("bad-version", "another version of the format", "`version` is not 1.", "Write `version: 1`."),
    Page {
        aliases: &["V18"],
        source: "IAM API reference, `policyPathType`: a path begins and ends with a slash.",
        ..shape(
            "bad-path",
            "the path cannot be the operator's own",
            "A `path` that IAM would refuse, or the root path, under which everything would be in scope.",
            "Write a path such as `/foundation/`.",
        )
    },
    shape(
        "missing-reason",
        "an exception has no reason",
        "`mfa: exempt` or a waiver without a `because`.",
        "Say why, so that a reviewer can judge it.",
    ),
    shape(
        "missing-folder",
        "the folder of documents is not there",
        "`documents` names a folder that does not exist, or one outside the configuration.",
        "Name a folder beside matrix.yaml.",
    ),
    shape(
        "unread-document",
        "a document lies where nobody reads it",
        "A row names a document that is in another folder than `documents`, or in one below it.",
        "Move the file, or name its folder.",
    ),
    Page {
        source: "IAM user guide, grammar of the IAM JSON policy language.",
        ..shape(
            "document-grammar",
            "IAM would refuse the document",
            "A Principal, an unknown condition operator, a Sid used twice, a statement without Resource, and so on.",
            "Write the element as the finding shows it.",
        )
    },
];

const fn shape(code: &'static str, title: &'static str, finds: &'static str, mend: &'static str) -> Page {
    Page {
        code,
        aliases: &[],
        kind: Kind::Shape,
        severity: Severity::Error,
        object: None,
        title,
        finds,
        why: "",
        mend,
        example: None,
        source: "",
    }
}
