//! The pages' static files. Their names change with their contents, so browsers may cache them forever.

use std::hash::Hasher;

use once_cell::sync::Lazy;
use twox_hash::XxHash3_64;

/// A static file.
#[derive(Debug)]
pub struct Asset {
    /// Its name, such as `page-0123456789abcdef.css`.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its contents, without the comments, the indentation and most spaces of the source.
    pub content: String,
}

/// The style sheet of all pages.
pub static STYLE: Lazy<Asset> = Lazy::new(|| Asset::new("css", "text/css", include_str!("assets/page.css")));

/// What neither a list without an open message nor the operators' view needs.
pub static OTHER_STYLE: Lazy<Asset> =
    Lazy::new(|| Asset::new("css", "text/css", include_str!("assets/other.css")));

/// What only the catalog and the operators' view need.
pub static OVERVIEW_STYLE: Lazy<Asset> =
    Lazy::new(|| Asset::new("css", "text/css", include_str!("assets/overview.css")));

/// The script that enhances the pages.
pub static SCRIPT: Lazy<Asset> = Lazy::new(|| {
    let source = concat!(
        include_str!("assets/times.js"),
        include_str!("assets/page.js"),
        include_str!("assets/inbox.js"),
        include_str!("assets/live.js"),
    );
    Asset::new("js", "text/javascript", source)
});

/// The icon in the browser's tab.
pub static ICON: Lazy<Asset> = Lazy::new(|| {
    let plain = Asset::new("svg", "image/svg+xml", include_str!("assets/icon.svg"));
    // The names of the icons with numbers begin with that of this one, so it changes with any of them.
    let all: String = (1..=MANY).map(|number| badge(&plain.content, number)).collect();
    Asset {
        name: name(&all, "svg"),
        ..plain
    }
});

/// The icon with each number of unread messages, up to 9, and with more. Their names are that of the icon with the number.
static BADGES: Lazy<Vec<Asset>> = Lazy::new(|| {
    let stem = ICON.name.trim_end_matches(".svg");
    (1..=MANY)
        .map(|number| Asset {
            name: format!("{stem}-{number}.svg"),
            media_type: ICON.media_type,
            content: badge(&ICON.content, number),
        })
        .collect()
});

/// An icon with a number of unread messages.
fn badge(icon: &str, number: usize) -> String {
    let open = icon.trim_end().trim_end_matches("</svg>");
    let shown = if number == MANY {
        "9+".to_owned()
    } else {
        number.to_string()
    };
    format!(
        "{open}<circle cx=\"11\" cy=\"11\" r=\"5\" fill=\"#b3261e\"/><text x=\"11\" y=\"13.4\" font-size=\"7\" \
         font-family=\"sans-serif\" text-anchor=\"middle\" fill=\"#fff\">{shown}</text></svg>\n"
    )
}

/// The number of the icon that stands for all greater ones.
const MANY: usize = 10;

/// The name of a file with this content.
fn name(content: &str, suffix: &str) -> String {
    let mut hasher = XxHash3_64::new();
    hasher.write(content.as_bytes());
    format!("page-{:016x}.{suffix}", hasher.finish())
}

/// Finds a file by name.
pub fn find(name: &str) -> Option<&'static Asset> {
    let all: [&'static Asset; 5] = [&STYLE, &OTHER_STYLE, &OVERVIEW_STYLE, &SCRIPT, &ICON];
    all.into_iter()
        .chain(BADGES.iter())
        .find(|asset| asset.name == name)
}

/// Spaces that style sheets have for their authors alone.
const STYLE_SPACES: [(&str, &str); 9] = [
    ("; ", ";"),
    (": ", ":"),
    (", ", ","),
    (" { ", "{"),
    (" {\n", "{"),
    (" }", "}"),
    (" > ", ">"),
    (";}", "}"),
    ("}\n", "}"),
];

/// Those of scripts. No text of theirs has one.
const SCRIPT_SPACES: [(&str, &str); 13] = [
    (", ", ","),
    ("; ", ";"),
    ("{ ", "{"),
    (" }", "}"),
    (") {", "){"),
    (" = ", "="),
    (" => ", "=>"),
    (" === ", "==="),
    (" !== ", "!=="),
    (" && ", "&&"),
    (" ? ", "?"),
    (" : ", ":"),
    (" ?? ", "??"),
];

impl Asset {
    fn new(suffix: &str, media_type: &'static str, source: &str) -> Self {
        let lines = source.lines().map(str::trim);
        let lines =
            lines.filter(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with("/*"));
        let mut content: String = lines.flat_map(|line| [line, "\n"]).collect();
        let spaces: &[(&str, &str)] = match suffix {
            "css" => &STYLE_SPACES,
            "js" => &SCRIPT_SPACES,
            _ => &[],
        };
        for (spaced, short) in spaces {
            content = content.replace(spaced, short);
        }
        Self {
            name: name(&content, suffix),
            media_type,
            content,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_icons_depend_on_what_every_one_of_them_shows() {
        let all: String = BADGES.iter().map(|badge| badge.content.as_str()).collect();
        assert_eq!(ICON.name, name(&all, "svg"));
        for badge in BADGES.iter() {
            assert!(
                badge.name.starts_with(ICON.name.trim_end_matches(".svg")),
                "{}",
                badge.name
            );
        }
    }
}
