//! The commands of a block of shell, as far as it takes to find those of one program.
//!
//! Words, quotes, comments, continued lines, pipes and lists, substitutions in `$(…)`, redirections.
//! Loops, functions and here-documents are not read: pages have none.

/// What ends a command.
const ENDS: [char; 5] = ['|', '&', ';', '(', ')'];

/// The arguments of every call of `program` in a script, `$ ` in front of a line left out. Words that
/// stand for more, `...` and `…`, are left out.
pub fn commands(script: &str, program: &str) -> Vec<Vec<String>> {
    let joined = script.replace("\\\n", " ");
    let lines = joined.lines();
    let lines = lines.map(|line| line.strip_prefix("$ ").unwrap_or(line));
    lines.flat_map(|line| of_line(line, program)).collect()
}

fn of_line(line: &str, program: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut command: Vec<String> = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next().filter(|&c| c != '#') else {
            break;
        };
        if ENDS.contains(&first) {
            found.extend(arguments(&std::mem::take(&mut command), program));
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        let (word, inner, after) = word(rest);
        for script in inner {
            found.extend(of_line(&script, program));
        }
        command.push(word);
        rest = after;
    }
    found.extend(arguments(&command, program));
    found
}

/// The arguments, if it is a call of the program; directly, behind assignments, `exec`, `eval`, `sudo`
/// or `time`, or as what cargo runs.
fn arguments(command: &[String], program: &str) -> Option<Vec<String>> {
    let is_before = |word: &&String| {
        word.contains('=') && !word.starts_with('-')
            || matches!(word.as_str(), "exec" | "eval" | "sudo" | "time" | "nice")
    };
    let skipped = command.iter().take_while(is_before).count();
    let command = command.get(skipped..)?;
    let arguments = match command.split_first()? {
        (name, rest) if name == program => rest,
        (name, rest) if name == "cargo" && rest.first().is_some_and(|verb| verb == "run") => {
            let is_ours = rest.iter().any(|word| word == program);
            let at = rest.iter().position(|word| word == "--")?;
            rest.get(at + 1..).filter(|_| is_ours)?
        }
        _ => return None,
    };
    let mut kept = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.trim_start_matches(|c: char| c.is_ascii_digit()) {
            // A redirection; its file may be a word of its own.
            ">" | "<" | ">>" => {
                words.next();
            }
            redirected if redirected.starts_with(['>', '<']) => {}
            _ if matches!(word.as_str(), "..." | "…") => {}
            _ => kept.push(word.clone()),
        }
    }
    Some(kept)
}

/// The first word, the scripts that are substituted in it, and what comes after it.
fn word(text: &str) -> (String, Vec<String>, &str) {
    let (mut word, mut inner) = (String::new(), Vec::new());
    let mut quote = None;
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        if quote != Some('\'') && rest.starts_with("$(") {
            let script = substituted(rest);
            at += script.len() + 3;
            inner.push(script.to_owned());
            word.push_str("substituted");
            continue;
        }
        at += c.len_utf8();
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, c) if c.is_whitespace() || ENDS.contains(&c) => {
                at -= c.len_utf8();
                break;
            }
            (_, c) => word.push(c),
        }
    }
    (word, inner, text.get(at..).unwrap_or_default())
}

/// What is between `$(` and its `)`.
fn substituted(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return text.get(2..at).unwrap_or_default(),
            ')' => depth -= 1,
            _ => {}
        }
    }
    text.get(2..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn calls_are_found_wherever_they_stand() {
        let script = "# modkeep no\n$ modkeep a 'b c' \"d\" > out 2>&1\nA=1 modkeep e \\\n  --f=g | jq .x && modkeep h\neval \"$(modkeep env --url https://x)\"\ncargo run --release --package modkeep -- serve ...\ncat x | curl --data-binary @- y # modkeep\nexec modkeep gate --base HEAD\n";
        let found = commands(script, "modkeep");
        let lines: Vec<String> = found.iter().map(|words| words.join(",")).collect();
        let expected = [
            "a,b c,d",
            "e,--f=g",
            "h",
            "env,--url,https://x",
            "serve",
            "gate,--base,HEAD",
        ];
        assert_eq!(lines, expected);
    }
}
