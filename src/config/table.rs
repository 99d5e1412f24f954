//! The settings, one row each. The reader, `bedrill config`, the example and the docs look here.

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in the file.
    pub key: &'static str,
    /// What a value looks like.
    pub kind: Kind,
    /// The variable that sets it.
    pub env: Option<EnvName>,
    /// The flag that sets it.
    pub flag: Option<FlagName>,
    /// What holds if nothing sets it, in words or as a value.
    pub usual: &'static str,
    /// A value for the example, as TOML.
    pub example: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
}

/// A variable of the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvName {
    /// Its value is the setting's.
    Value(&'static str),
    /// Anything but nothing and `0` means `false`.
    Off(&'static str),
}

/// A flag of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagName {
    /// Its value is the setting's.
    Value(&'static str),
    /// Where it is given, the setting is `false`.
    Off(&'static str),
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// `local`, `aws` or a URL.
    Target,
    /// A path.
    Path,
    /// A name.
    Name,
    /// Names, several.
    Names,
    /// An age, such as `30d`.
    Age,
    /// A size, such as `2GB`.
    Size,
    /// A port.
    Port,
}

impl EnvName {
    /// The variable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value(name) | Self::Off(name) => name,
        }
    }
}

impl FlagName {
    /// The flag.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value(name) | Self::Off(name) => name,
        }
    }
}

impl Kind {
    /// What to write.
    pub const fn form(self) -> &'static str {
        match self {
            Self::Choice(_) => "one of a few words",
            Self::Flag => "true or false",
            Self::Target => "\"local\", \"aws\" or a URL such as \"http://127.0.0.1:4566\"",
            Self::Path => "a path",
            Self::Name => "a name",
            Self::Names => "a name, or several: [\"us-east-1\", \"us-west-2\"]",
            Self::Age => "an age such as \"30d\", \"12h\" or \"90m\"",
            Self::Size => "a size such as \"2GB\", \"500MB\" or \"1GiB\"",
            Self::Port => "a port, 0 to 65535",
        }
    }
}

const fn env(name: &'static str) -> EnvName {
    EnvName::Value(name)
}

const fn flag(name: &'static str) -> FlagName {
    FlagName::Value(name)
}

/// Every setting, in the order they are shown.
pub const TABLE: &[Setting] = &[
    Setting {
        key: "theme",
        kind: Kind::Choice(&["dark", "light", "colour-blind", "plain"]),
        env: Some(env("BEDRILL_THEME")),
        flag: Some(flag("--theme")),
        usual: "dark; plain where NO_COLOR is set",
        example: "\"dark\"",
        about: "The dashboard's colours.",
    },
    Setting {
        key: "mouse",
        kind: Kind::Flag,
        env: Some(env("BEDRILL_MOUSE")),
        flag: Some(FlagName::Off("--no-mouse")),
        usual: "true",
        example: "true",
        about: "Whether the dashboard takes the mouse; if not, the terminal can select text.",
    },
    Setting {
        key: "target",
        kind: Kind::Target,
        env: Some(env("BEDRILL_TARGET")),
        flag: Some(flag("--target")),
        usual: "what the scenario says, else local",
        example: "\"local\"",
        about: "What drills and checks are sent to; as the flag does, it goes before what a scenario says.",
    },
    Setting {
        key: "profile",
        kind: Kind::Name,
        env: Some(env("BEDRILL_PROFILE")),
        flag: Some(flag("--profile")),
        usual: "what AWS_PROFILE says, else default",
        example: "\"drills\"",
        about: "The profile of the AWS configuration whose credentials are used on `aws`.",
    },
    Setting {
        key: "regions",
        kind: Kind::Names,
        env: Some(env("BEDRILL_REGIONS")),
        flag: Some(flag("--region")),
        usual: "the scenario's; without one us-east-1",
        example: "[\"us-east-1\", \"us-west-2\"]",
        about: "The regions that `bedrill doctor` looks at; in the environment with commas between.",
    },
    Setting {
        key: "catalog",
        kind: Kind::Path,
        env: Some(env("BEDRILL_CATALOG")),
        flag: Some(flag("--catalog")),
        usual: "the built-in catalogue alone",
        example: "\"/home/me/models.toml\"",
        about: "Models, prices, quotas and profiles that replace or add to the built-in catalogue.",
    },
    Setting {
        key: "data",
        kind: Kind::Path,
        env: Some(env("BEDRILL_DATA")),
        flag: None,
        usual: "bedrill in the data folder of the platform",
        example: "\"/var/lib/bedrill\"",
        about: "The folder of data; recordings lie in `runs` within it.",
    },
    Setting {
        key: "record",
        kind: Kind::Flag,
        env: Some(EnvName::Off("BEDRILL_NO_RECORD")),
        flag: Some(FlagName::Off("--no-record")),
        usual: "true",
        example: "true",
        about: "Whether runs are recorded; `--record FILE` always records.",
    },
    Setting {
        key: "keep_for",
        kind: Kind::Age,
        env: Some(env("BEDRILL_KEEP_FOR")),
        flag: Some(flag("--older-than")),
        usual: "none: `bedrill runs prune` must be told",
        example: "\"30d\"",
        about: "How old a recording may be before `bedrill runs prune` removes it.",
    },
    Setting {
        key: "keep_size",
        kind: Kind::Size,
        env: Some(env("BEDRILL_KEEP_SIZE")),
        flag: Some(flag("--keep-size")),
        usual: "none: `bedrill runs prune` must be told",
        example: "\"2GB\"",
        about: "How much all recordings may take before `bedrill runs prune` removes the oldest.",
    },
    Setting {
        key: "port",
        kind: Kind::Port,
        env: Some(env("BEDRILL_PORT")),
        flag: Some(flag("--port")),
        usual: "4566",
        example: "4566",
        about: "The loopback port of `bedrill serve`; 0 takes a free one.",
    },
];

/// The row of a key.
pub fn setting(key: &str) -> Option<&'static Setting> {
    TABLE.iter().find(|setting| setting.key == key)
}
