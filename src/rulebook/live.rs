//! Pages of the rules that look at the live account.

use super::Page;

pub(super) const PAGES: &[Page] = &[];
