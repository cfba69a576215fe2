//! Pages of the lints.

use super::Page;

pub(super) const MFA: &[Page] = &[];
pub(super) const DENIES: &[Page] = &[];
pub(super) const GRANTS: &[Page] = &[];
