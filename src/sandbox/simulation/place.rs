//! Where IAM says that a statement begins and ends.
//!
//! IAM reports where its reader of JSON stood: at the end, behind the closing brace; at the beginning, behind what it
//! had read last: the bracket of the list, the statement before, or, of a single statement that is in no list, its own
//! brace. AWS's own example in the AWS CLI (`simulate-custom-policy`) shows the last, its documents of managed policies
//! as they are reported in public the first.

/// A line and a column, both from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// Beginning and end of the statement whose brace opens at a byte of a text that is valid JSON.
pub fn of(text: &str, opens: usize) -> (Position, Position) {
    let before = text.get(..opens).unwrap_or_default().trim_end();
    let begins = match before.chars().next_back() {
        Some('[') => before.len(),
        Some(',') => before.get(..before.len() - 1).unwrap_or_default().trim_end().len(),
        _ => opens + 1,
    };
    (position(text, begins), position(text, closes(text, opens)))
}

/// The byte behind the brace that closes what opens at a byte.
fn closes(text: &str, opens: usize) -> usize {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate().skip(opens) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' if !in_text => depth += 1,
            b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

fn position(text: &str, at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    Position { line: before.matches('\n').count() + 1, column }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beginning and end, as line and column, of the statement that begins with this.
    fn place(text: &str, statement: &str) -> [(usize, usize); 2] {
        let (start, end) = of(text, text.find(statement).unwrap());
        [start, end].map(|position| (position.line, position.column))
    }

    #[test]
    fn a_single_statement_begins_behind_its_brace_as_in_awss_example() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}"#;
        assert_eq!(place(text, r#"{"Effect"#), [(1, 38), (1, 167)]);
    }

    #[test]
    fn the_first_of_a_list_begins_behind_the_bracket() {
        let text = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": \"*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}";
        assert_eq!(place(text, "{\n      \"Effect"), [(3, 17), (8, 6)]);
        let text = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}"#;
        assert_eq!(place(text, r#"{"Effect"#), [(1, 41), (1, 60)]);
    }

    #[test]
    fn others_begin_behind_the_one_before_and_braces_in_texts_do_not_count() {
        let text = r#"{"Statement":[{"Sid":"a}\"{"} , {"Sid":"b"}]}"#;
        assert_eq!(place(text, r#"{"Sid":"a"#), [(1, 15), (1, 30)]);
        assert_eq!(place(text, r#"{"Sid":"b"#), [(1, 30), (1, 44)]);
    }
}
