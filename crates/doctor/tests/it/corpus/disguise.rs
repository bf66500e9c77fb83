//! Disguise: what stands between `go` and the eyes of a reader.
//!
//! Each decorator does to a text what one program does that shows, keeps or passes on what `go`
//! printed.

/// A program that shows a text, and what the text then looks like.
pub(crate) type Decorator = (&'static str, fn(&str) -> String);

/// All of them.
pub(crate) const DECORATORS: &[Decorator] = &[
    // Build servers.
    ("github actions", |text| {
        lines(text, |n, line| {
            format!("2026-03-01T10:11:12.{:07}Z {line}\r\n", 1_234_567 + n)
        })
    }),
    ("github actions, error", |text| {
        lines(text, |n, line| {
            format!(
                "2026-03-01T10:11:12.{:07}Z {}{line}\n",
                1_234_567 + n,
                if n == 0 { "##[error]" } else { "" }
            )
        })
    }),
    ("github annotation", |text| format!("##[error]{text}")),
    ("github command", |text| {
        format!(
            "::error file=main.go,line=1::{}\n",
            text.trim_end().replace('\n', "%0A")
        )
    }),
    ("gh run view", |text| {
        lines(text, |n, line| {
            format!(
                "build (1.21, ubuntu-latest)\tRun go mod download\t2026-03-01T10:11:12.{:07}Z {line}\n",
                99 + n
            )
        })
    }),
    ("gitlab", |text| {
        lines(text, |_, line| {
            format!("2026-03-01T10:11:12.123456Z 01E {line}\n")
        })
    }),
    ("gitlab sections", |text| {
        format!(
            "section_start:1560896352:step[collapsed=true]\r\u{1b}[0K\u{1b}[36;1mStep\u{1b}[0;m\n{text}section_end:1560896353:step\r\u{1b}[0K\n"
        )
    }),
    ("jenkins", |text| {
        lines(text, |n, line| {
            format!("[2026-03-01T10:11:{:02}.123Z] {line}\n", n % 60)
        }) + "[Pipeline] }\n"
    }),
    ("jenkins timestamper", |text| {
        lines(text, |n, line| format!("10:11:{:02}  {line}\n", n % 60))
    }),
    ("jenkins branch", |text| {
        lines(text, |_, line| format!("[build-linux] {line}\n"))
    }),
    ("teamcity", |text| {
        lines(text, |n, line| {
            format!("[12:00:{:02}][Step 1/3] {line}\n", n % 60)
        })
    }),
    ("teamcity, error", |text| {
        lines(text, |n, line| {
            format!("[12:00:{:02}]W:\t [Step 1/3] {line}\n", n % 60)
        })
    }),
    ("teamcity message", |text| {
        format!(
            "##teamcity[message text='{}' status='ERROR']\n",
            text.trim_end()
                .replace('|', "||")
                .replace('\'', "|'")
                .replace('[', "|[")
                .replace(']', "|]")
                .replace('\n', "|n")
        )
    }),
    ("cloud build", |text| {
        lines(text, |_, line| format!("Step #0 - \"build\": {line}\n"))
    }),
    ("cloud build, unnamed", |text| {
        lines(text, |_, line| format!("Step #12: {line}\n"))
    }),
    ("azure", |text| {
        lines(text, |n, line| {
            format!("2026-03-01T10:11:12.{n:07}Z ##[error]{line}\n")
        })
    }),
    ("travis", |text| {
        format!("$ go build ./...\n{text}The command \"go build ./...\" exited with 1.\n")
    }),
    ("circleci", |text| {
        format!(
            "#!/bin/bash -eo pipefail\ngo build ./...\n\n{text}\nExited with code exit status 1\n"
        )
    }),
    ("buildkite", |text| {
        lines(text, |n, line| {
            format!(
                "\u{1b}_bk;t={}\u{7}{line}\n",
                1_700_000_000_000_u64 + n as u64
            )
        })
    }),
    ("drone", |text| {
        lines(text, |n, line| format!("[build:{n}] {line}\n"))
    }),
    ("concourse", |text| {
        lines(text, |n, line| format!("10:11:{:02}\t{line}\n", n % 60))
    }),
    // Images and containers.
    ("buildkit", |text| {
        lines(text, |n, line| format!("#12 0.{:03} {line}\n", 345 + n))
    }),
    ("buildkit summary", |text| {
        format!(
            " > [build 4/6] RUN go mod download:\n{}------\n",
            lines(text, |n, line| format!("0.{:03} {line}\n", 367 + n))
        )
    }),
    ("buildkit, long", |text| {
        lines(text, |n, line| format!("#7 {}.{:02} {line}\n", 10 + n, 12))
    }),
    ("docker build", |text| {
        format!(
            "Step 4/6 : RUN go mod download\n ---> Running in 3ca1e12adc00\n{text}The command '/bin/sh -c go mod download' returned a non-zero code: 1\n"
        )
    }),
    ("compose", |text| {
        lines(text, |_, line| format!("svc-1  | {line}\n"))
    }),
    ("compose, old", |text| {
        lines(text, |_, line| format!("web_1       | {line}\n"))
    }),
    ("docker json-file", |text| {
        lines(text, |_, line| {
            format!(
                "{{\"log\":{},\"stream\":\"stderr\",\"time\":\"2026-03-01T10:11:12.123456789Z\"}}\n",
                json(&format!("{line}\n"))
            )
        })
    }),
    ("kubernetes cri", |text| {
        lines(text, |n, line| {
            format!(
                "2026-03-01T10:11:12.{:09}Z stderr F {line}\n",
                n + 100_000_000
            )
        })
    }),
    ("kubectl logs --prefix", |text| {
        lines(text, |_, line| format!("[pod/build-7d9f/go] {line}\n"))
    }),
    ("stern", |text| {
        lines(text, |_, line| format!("build-7d9f go \u{203a} {line}\n"))
    }),
    ("kaniko", |text| {
        format!(
            "INFO[0001] Running: [/bin/sh -c go mod download]\n{text}error building image: error building stage: failed to execute command: waiting for process to exit: exit status 1\n"
        )
    }),
    // Systems.
    ("syslog", |text| {
        lines(text, |n, line| {
            format!("Mar  5 07:01:{:02} build01 make[1234]: {line}\n", n % 60)
        })
    }),
    ("syslog, rfc 3339", |text| {
        lines(text, |_, line| {
            format!("2024-03-05T07:01:02.123456+00:00 build01 make[1234]: {line}\n")
        })
    }),
    ("syslog, rfc 5424", |text| {
        lines(text, |_, line| {
            format!("<11>1 2026-03-01T10:11:12.123Z build01 go 1234 - - {line}\n")
        })
    }),
    ("journald", |text| {
        lines(text, |_, line| {
            format!("Mar 05 07:01:02 build01 sh[1234]: {line}\n")
        })
    }),
    ("journald json", |text| {
        lines(text, |_, line| {
            format!(
                "{{\"_PID\":\"1234\",\"MESSAGE\":{},\"PRIORITY\":\"3\"}}\n",
                json(line)
            )
        })
    }),
    ("nix", |text| {
        format!(
            "error: builder for '/nix/store/aaaa-go-modules.drv' failed with exit code 1;\n       last 10 log lines:\n{}       For full logs, run 'nix log /nix/store/aaaa-go-modules.drv'.\n",
            lines(text, |_, line| format!("       > {line}\n"))
        )
    }),
    ("nix build", |text| {
        lines(text, |_, line| format!("app-1.0-go-modules> {line}\n"))
    }),
    ("packer", |text| {
        lines(text, |_, line| format!("==> amazon-ebs.build: {line}\n"))
    }),
    ("terraform", |text| {
        format!(
            "\u{2577}\n{}\u{2575}\n",
            lines(text, |_, line| format!("\u{2502} {line}\n"))
        )
    }),
    ("terraform, local-exec", |text| {
        lines(text, |_, line| {
            format!("module.app.null_resource.build (local-exec): {line}\n")
        })
    }),
    ("ansible", |text| {
        format!(
            "fatal: [host1]: FAILED! => {{\"changed\": true, \"cmd\": [\"go\", \"build\"], \"msg\": \"non-zero return code\", \"rc\": 1, \"stderr\": {}, \"stdout\": \"\"}}\n",
            json(text.trim_end())
        )
    }),
    ("ansible, yaml", |text| {
        format!(
            "fatal: [host1]: FAILED! => changed=true\n  rc: 1\n  stderr: |-\n{}",
            lines(text, |_, line| format!("    {line}\n"))
        )
    }),
    ("heroku", |text| {
        lines(text, |_, line| format!("remote:        {line}\n"))
    }),
    ("bitbake", |text| {
        lines(text, |_, line| format!("| {line}\n"))
    }),
    ("go log", |text| {
        lines(text, |n, line| {
            format!("2026/03/01 10:11:{:02} {line}\n", n % 60)
        })
    }),
    ("log4j", |text| {
        format!("2026-03-01 10:11:12,123 ERROR [main] Build - {text}")
    }),
    ("logfmt", |text| {
        format!(
            "time=\"2026-03-01T10:11:12Z\" level=error msg={}\n",
            json(text.trim_end())
        )
    }),
    ("logfmt, a line each", |text| {
        lines(text, |_, line| {
            format!("time=2026-03-01T10:11:12Z level=error msg={}\n", json(line))
        })
    }),
    ("json log", |text| {
        format!(
            "{{\"level\":\"error\",\"ts\":1700000000.1,\"msg\":{}}}\n",
            json(text.trim_end())
        )
    }),
    ("json log, a line each", |text| {
        lines(text, |_, line| {
            format!("{{\"level\":\"error\",\"msg\":{}}}\n", json(line))
        })
    }),
    ("json in json", |text| {
        format!(
            "{{\"log\":{}}}\n",
            json(&format!("{{\"msg\":{}}}\n", json(text.trim_end())))
        )
    }),
    ("json with escaped signs", |text| {
        format!(
            "{{\"msg\":{}}}\n",
            json(text.trim_end())
                .replace('<', "\\u003c")
                .replace('>', "\\u003e")
                .replace('&', "\\u0026")
        )
    }),
    ("python bytes", |text| {
        format!(
            "subprocess.CalledProcessError: output=b'{}'\n",
            json(text)
                .trim_matches('"')
                .replace("\\\"", "\"")
                .replace('\'', "\\'")
        )
    }),
    ("escaped line breaks", |text| {
        text.trim_end().replace('\t', "\\t").replace('\n', "\\n") + "\n"
    }),
    // People and their programs.
    ("colours", |text| {
        lines(text, |_, line| format!("\u{1b}[31m{line}\u{1b}[0m\n"))
    }),
    ("colours inside", |text| text.replace(": ", ":\u{1b}[0;1m ")),
    ("a terminal of 80 columns", |text| {
        lines(text, |_, line| broken(line, 80) + "\n")
    }),
    ("a terminal of 120 columns", |text| {
        lines(text, |_, line| broken(line, 120) + "\n")
    }),
    ("a build step, broken at 100 columns", |text| {
        lines(text, |n, line| {
            broken(&format!("#9 1.{:03} {line}", n + 100), 100) + "\n"
        })
    }),
    ("carriage returns", |text| {
        lines(text, |_, line| format!("{line}\r\n"))
    }),
    ("spaces for tabs", |text| text.replace('\t', "        ")),
    ("no indentation", |text| {
        lines(text, |_, line| format!("{}\n", line.trim_start()))
    }),
    ("indentation", |text| {
        lines(text, |_, line| format!("    {line}\n"))
    }),
    ("a quotation", |text| {
        lines(text, |_, line| format!("> {line}\n"))
    }),
    ("a quotation of a quotation", |text| {
        lines(text, |_, line| format!("> > {line}\n"))
    }),
    ("line numbers", |text| {
        lines(text, |n, line| format!("{:6}\t{line}\n", n + 8))
    }),
    ("line numbers with a bar", |text| {
        lines(text, |n, line| format!("{:4} | {line}\n", n + 8))
    }),
    ("grep", |text| {
        lines(text, |n, line| {
            format!(
                "build.log{0}{1}{0}{line}\n",
                if n == 0 { ':' } else { '-' },
                n + 97
            )
        })
    }),
    ("a diff", |text| lines(text, |_, line| format!("+{line}\n"))),
    ("a diff of what was there", |text| {
        lines(text, |_, line| format!("-{line}\n"))
    }),
    ("a fence", |text| {
        format!("It fails:\n\n```console\n$ go build\n{text}```\n")
    }),
    ("entities", |text| {
        text.replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    }),
    ("round quotation marks", |text| round(text)),
    ("invisible characters", |text| {
        format!("\u{feff}{}", text.replace(": ", ":\u{200b} "))
    }),
    ("hard spaces", |text| {
        text.replace("  ", "\u{a0}\u{a0}").replace('\t', "\u{a0}")
    }),
    ("a chat", |text| {
        format!("[10:31] Alice: it says\n{text}\n[10:32] Bob: hm\n")
    }),
    ("a bullet", |text| format!("* {}", text.trim_start())),
    ("noise", |text| {
        format!(
            "go: downloading example.com/x v1.0.0\n{text}Error: Process completed with exit code 1.\n"
        )
    }),
    ("make", |text| {
        format!("go build ./...\n{text}make: *** [Makefile:3: build] Error 1\n")
    }),
    ("a comment", |text| {
        lines(text, |_, line| format!("# {line}\n"))
    }),
    ("a program's comment", |text| {
        lines(text, |_, line| format!("// {line}\n"))
    }),
];

fn lines(text: &str, change: impl Fn(usize, &str) -> String) -> String {
    let changed = text.lines().enumerate();
    changed.map(|(number, line)| change(number, line)).collect()
}

fn json(text: &str) -> String {
    let mut string = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => string.push_str("\\\""),
            '\\' => string.push_str("\\\\"),
            '\n' => string.push_str("\\n"),
            '\t' => string.push_str("\\t"),
            '\r' => string.push_str("\\r"),
            other => string.push(other),
        }
    }
    string + "\""
}

/// A line as a terminal of this width breaks it: inside its words.
fn broken(line: &str, width: usize) -> String {
    let characters: Vec<char> = line.chars().collect();
    let pieces = characters.chunks(width);
    pieces
        .map(|piece| piece.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Quotation marks as word processors make them.
fn round(text: &str) -> String {
    let mut is_open = false;
    let round = |letter: char| match letter {
        '"' => {
            is_open = !is_open;
            if is_open { '\u{201c}' } else { '\u{201d}' }
        }
        '\'' => '\u{2019}',
        other => other,
    };
    text.chars().map(round).collect()
}
