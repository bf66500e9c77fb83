//! The words that only one licence has, without case, punctuation and line breaks.

/// How a licence is recognised.
pub(super) struct LicenceMark {
    /// SPDX identifier.
    pub(super) id: &'static str,
    /// All of these must be there.
    pub(super) all: &'static [&'static str],
    /// None of these may be.
    pub(super) none: &'static [&'static str],
}

/// Every licence that is recognised.
pub(super) const MARKS: &[LicenceMark] = &[
    LicenceMark {
        id: "Apache-2.0",
        all: &["apache license", "version 2 0", "grant of patent license"],
        none: &[],
    },
    // The notice that stands in for the text.
    LicenceMark {
        id: "Apache-2.0",
        all: &[
            "licensed under the apache license version 2 0",
            "except in compliance with the license",
        ],
        none: &["grant of patent license"],
    },
    LicenceMark {
        id: "MIT",
        all: &[
            "permission is hereby granted free of charge to any person obtaining a copy",
            "the above copyright notice and this permission notice",
        ],
        none: &["except as contained in this notice"],
    },
    LicenceMark {
        id: "X11",
        all: &[
            "permission is hereby granted free of charge to any person obtaining a copy",
            "except as contained in this notice",
        ],
        none: &[],
    },
    LicenceMark {
        id: "BSD-3-Clause",
        all: &[
            "redistribution and use in source and binary forms",
            "used to endorse or promote products derived from this software",
        ],
        none: &["all advertising materials mentioning features"],
    },
    LicenceMark {
        id: "BSD-4-Clause",
        all: &[
            "redistribution and use in source and binary forms",
            "all advertising materials mentioning features",
        ],
        none: &[],
    },
    LicenceMark {
        id: "BSD-2-Clause",
        all: &[
            "redistribution and use in source and binary forms",
            "redistributions in binary form must reproduce the above copyright notice",
        ],
        none: &[
            "endorse or promote products derived from this software",
            "all advertising materials mentioning features",
        ],
    },
    LicenceMark {
        id: "ISC",
        all: &[
            "permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted provided that the above copyright notice",
        ],
        none: &[],
    },
    LicenceMark {
        id: "0BSD",
        all: &[
            "permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted the software is provided",
        ],
        none: &[],
    },
    LicenceMark {
        id: "MPL-2.0",
        all: &["mozilla public license version 2 0"],
        none: &[],
    },
    LicenceMark {
        id: "MPL-1.1",
        all: &["mozilla public license", "version 1 1", "initial developer"],
        none: &[],
    },
    LicenceMark {
        id: "EPL-2.0",
        all: &["eclipse public license v 2 0"],
        none: &[],
    },
    LicenceMark {
        id: "EPL-1.0",
        all: &["eclipse public license v 1 0"],
        none: &[],
    },
    LicenceMark {
        id: "AGPL-3.0",
        all: &["gnu affero general public license version 3"],
        none: &[],
    },
    LicenceMark {
        id: "LGPL-3.0",
        all: &["gnu lesser general public license version 3"],
        none: &[],
    },
    LicenceMark {
        id: "LGPL-2.1",
        all: &["gnu lesser general public license version 2 1"],
        none: &[],
    },
    LicenceMark {
        id: "GPL-3.0",
        all: &[
            "gnu general public license version 3",
            "terms and conditions",
        ],
        none: &[
            "gnu affero general public license version 3",
            "gnu lesser general public license version 3",
        ],
    },
    LicenceMark {
        id: "GPL-2.0",
        all: &[
            "gnu general public license version 2",
            "terms and conditions",
        ],
        none: &["gnu lesser general public license version 2 1"],
    },
    LicenceMark {
        id: "Unlicense",
        all: &["this is free and unencumbered software released into the public domain"],
        none: &[],
    },
    LicenceMark {
        id: "CC0-1.0",
        all: &["cc0 1 0 universal"],
        none: &[],
    },
    LicenceMark {
        id: "CC0-1.0",
        all: &[
            "to the extent possible under law",
            "has waived all copyright",
        ],
        none: &["cc0 1 0 universal"],
    },
    LicenceMark {
        id: "BUSL-1.1",
        all: &["business source license 1 1"],
        none: &[],
    },
    LicenceMark {
        id: "Zlib",
        all: &[
            "this software is provided as is without any express or implied warranty in no event will the authors be held liable",
            "altered source versions must be plainly marked",
        ],
        none: &[],
    },
];
