//! Changes that somebody keeps undoing: what was done, was undone, and is wanted again.
//!
//! Must not: apply or hold anything; the guard asks it.

use jiff::Timestamp;
use serde::Serialize;

/// A change that the operator made several times, and that somebody undid each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contended {
    /// The change, in words: `add ann to Admin`.
    pub change: String,
    /// The action's kind, bounded.
    pub kind: &'static str,
    /// How often the operator made it.
    pub times: u32,
    /// When it made it last.
    pub last_at: Timestamp,
    /// When it will be made again; never for a grant, until a person says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
}
