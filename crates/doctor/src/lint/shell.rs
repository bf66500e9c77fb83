//! Shell: words as a POSIX shell reads them back.

/// `NAME='VALUE'`, with quotes where they are needed.
pub(super) fn assignment(name: &str, value: &str) -> String {
    format!("{name}={}", quoted(value))
}

/// `'NAME=VALUE'`, as one word for a command.
pub(super) fn whole_assignment(name: &str, value: &str) -> String {
    quoted(&format!("{name}={value}"))
}

fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~/:@%+=,-".contains(&byte);
    if text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{assignment, whole_assignment};

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        assert_eq!(assignment("A", "off"), "A=off");
        assert_eq!(assignment("A", "a|b"), "A='a|b'");
        assert_eq!(whole_assignment("A", "it's"), r"'A=it'\''s'");
    }
}
