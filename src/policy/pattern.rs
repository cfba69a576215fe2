//! Patterns with `*` (any text, also none) and `?` (exactly one character), as actions, resources and conditions use.
//!
//! Owns: matching, and the exact set questions about two patterns. Must not: know what a pattern stands for, fold case.

/// Whether a text has a wildcard at all.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    text.bytes().any(is_wildcard)
}

fn is_wildcard(byte: u8) -> bool {
    byte == b'*' || byte == b'?'
}

/// Whether `pattern` matches the whole of `text`. Case counts: fold both sides where it does not, as for actions.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Behind the last star, and where in the text that star ends at present.
    let mut star: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                p += 1;
                star = Some((p, t));
            }
            (Some(b'?'), Some(&first)) => {
                p += 1;
                t += width(first);
            }
            (Some(wanted), Some(found)) if wanted == found => {
                p += 1;
                t += 1;
            }
            (None, None) => return true,
            _ => {
                let Some((behind, end)) = star else { return false };
                let Some(&first) = text.get(end) else { return false };
                let end = end + width(first);
                star = Some((behind, end));
                (p, t) = (behind, end);
            }
        }
    }
}

/// How many bytes the UTF-8 character has that begins with this byte.
fn width(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

/// Whether every text that `other` matches is matched by `pattern` as well. Exact.
///
/// A star of `other` may stand for any text of characters that occur nowhere in `pattern`, and for none. So it can be
/// matched by a star alone, never by a piece of text; and it adds nothing to the characters that a `?` asks for.
#[must_use]
pub fn covers(pattern: &str, other: &str) -> bool {
    if pattern == "*" || pattern == other {
        return true;
    }
    if !is_pattern(other) {
        return matches(pattern, other);
    }
    if begin_apart(pattern, other) {
        return false;
    }
    let other: Vec<char> = other.chars().collect();
    let parts = Parts::of(pattern);
    let Some(rest) = strip(&other, &parts.first) else { return false };
    if parts.gaps.is_empty() {
        return rest.is_empty();
    }
    let mut rest = rest;
    let last = parts.gaps.len() - 1;
    for (at, (least, piece)) in parts.gaps.iter().enumerate() {
        let Some(behind) = skip(rest, *least) else { return false };
        if at == last {
            // The star in front of it swallows everything before the end.
            let begin = behind.len().checked_sub(piece.len());
            return begin.and_then(|begin| behind.get(begin..)).is_some_and(|tail| fits(tail, piece));
        }
        let found = (0..=behind.len()).filter_map(|from| behind.get(from..)).find_map(|from| strip(from, piece));
        let Some(found) = found else { return false };
        rest = found;
    }
    true
}

/// Whether what stands before the first wildcards already tells two patterns apart: most pairs end here.
fn begin_apart(a: &str, b: &str) -> bool {
    let fixed = |(a, b): &(u8, u8)| !is_wildcard(*a) && !is_wildcard(*b);
    a.bytes().zip(b.bytes()).take_while(fixed).any(|(a, b)| a != b)
}

/// A pattern cut at its stars.
struct Parts {
    /// What stands before the first star.
    first: Vec<char>,
    /// For each star: how many characters it stands for at least, and the piece behind it. `?`s beside a star are
    /// counted with the star, so a piece behind a star begins with a letter, and only the last may end with a `?`.
    gaps: Vec<(usize, Vec<char>)>,
}

impl Parts {
    fn of(pattern: &str) -> Parts {
        let mut pieces = pattern.split('*').map(|piece| piece.chars().collect::<Vec<char>>());
        let mut first = pieces.next().unwrap_or_default();
        let mut gaps: Vec<(usize, Vec<char>)> = Vec::new();
        for mut piece in pieces {
            let leading = piece.iter().take_while(|c| **c == '?').count();
            let before = gaps.last_mut().map_or(&mut first, |(_, piece)| piece);
            let trailing = before.iter().rev().take_while(|c| **c == '?').count();
            before.truncate(before.len() - trailing);
            let least = leading + trailing;
            piece.drain(..leading);
            match gaps.last_mut() {
                // Two stars with nothing but `?` between them are one.
                Some((count, before)) if before.is_empty() => {
                    *count += least;
                    *before = piece;
                }
                _ => gaps.push((least, piece)),
            }
        }
        Parts { first, gaps }
    }
}

/// Whether a piece without stars matches as many symbols of the other pattern.
fn fits(symbols: &[char], piece: &[char]) -> bool {
    symbols.iter().zip(piece).all(|(symbol, wanted)| symbol == wanted || (*wanted == '?' && *symbol != '*'))
}

fn strip<'s>(symbols: &'s [char], piece: &[char]) -> Option<&'s [char]> {
    let (front, behind) = symbols.split_at_checked(piece.len())?;
    fits(front, piece).then_some(behind)
}

/// What is left behind at least `count` characters; a star may stand for none.
fn skip(symbols: &[char], count: usize) -> Option<&[char]> {
    let mut left = count;
    let mut rest = symbols;
    while left > 0 {
        let (first, behind) = rest.split_first()?;
        left -= usize::from(*first != '*');
        rest = behind;
    }
    Some(rest)
}

/// Whether some text is matched by both. Exact.
#[must_use]
pub fn overlaps(a: &str, b: &str) -> bool {
    if begin_apart(a, b) {
        return false;
    }
    if !is_pattern(a) {
        return matches(b, a);
    }
    if !is_pattern(b) {
        return matches(a, b);
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // `row[j]`: what is left of `a` and `b[j..]` have a text in common. From the end, row by row.
    let mut row = vec![false; b.len() + 1];
    if let Some(end) = row.last_mut() {
        *end = true;
    }
    for j in (0..b.len()).rev() {
        let rest = row.get(j + 1).copied().unwrap_or_default();
        set(&mut row, j, rest && b.get(j) == Some(&'*'));
    }
    for left in a.iter().rev() {
        let below = row.clone();
        let at = |j: usize| below.get(j).copied().unwrap_or_default();
        set(&mut row, b.len(), *left == '*' && at(b.len()));
        for (j, right) in b.iter().enumerate().rev() {
            let beside = row.get(j + 1).copied().unwrap_or_default();
            let both = match (left, right) {
                // The star ends here, or takes one more of the other side.
                ('*', _) | (_, '*') => at(j) || beside,
                _ => (left == right || *left == '?' || *right == '?') && at(j + 1),
            };
            set(&mut row, j, both);
        }
    }
    row.first().copied().unwrap_or_default()
}

fn set(row: &mut [bool], at: usize, value: bool) {
    if let Some(cell) = row.get_mut(at) {
        *cell = value;
    }
}

#[cfg(test)]
mod tests;
