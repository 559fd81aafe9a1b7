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
    /// Its contents, without the comments and indentation of the source.
    pub content: String,
}

/// The style sheet of all pages.
pub static STYLE: Lazy<Asset> = Lazy::new(|| Asset::new("css", "text/css", include_str!("assets/page.css")));

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
pub static ICON: Lazy<Asset> =
    Lazy::new(|| Asset::new("svg", "image/svg+xml", include_str!("assets/icon.svg")));

/// The icon with each number of unread messages, up to 9, and with more. Their names are that of the icon with the number.
static BADGES: Lazy<Vec<Asset>> = Lazy::new(|| {
    let stem = ICON.name.trim_end_matches(".svg");
    let open = ICON.content.trim_end().trim_end_matches("</svg>");
    (1..=MANY)
        .map(|number| {
            let shown = if number == MANY { "9+".to_owned() } else { number.to_string() };
            Asset {
                name: format!("{stem}-{number}.svg"),
                media_type: ICON.media_type,
                content: format!(
                    "{open}<circle cx=\"11\" cy=\"11\" r=\"5\" fill=\"#b3261e\"/><text x=\"11\" y=\"13.4\" font-size=\"7\" \
                     font-family=\"sans-serif\" text-anchor=\"middle\" fill=\"#fff\">{shown}</text></svg>\n"
                ),
            }
        })
        .collect()
});

/// The number of the icon that stands for all greater ones.
const MANY: usize = 10;

/// Finds a file by name.
pub fn find(name: &str) -> Option<&'static Asset> {
    let all: [&'static Asset; 4] = [&STYLE, &OVERVIEW_STYLE, &SCRIPT, &ICON];
    all.into_iter()
        .chain(BADGES.iter())
        .find(|asset| asset.name == name)
}

/// Spaces that style sheets have for their authors alone.
const SPACES: [(&str, &str); 6] = [
    ("; ", ";"),
    (": ", ":"),
    (", ", ","),
    (" { ", "{"),
    (" {\n", "{\n"),
    (" }", "}"),
];

impl Asset {
    fn new(suffix: &str, media_type: &'static str, source: &str) -> Self {
        let lines = source.lines().map(str::trim);
        let lines =
            lines.filter(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with("/*"));
        let mut content: String = lines.flat_map(|line| [line, "\n"]).collect();
        if suffix == "css" {
            for (spaced, short) in SPACES {
                content = content.replace(spaced, short);
            }
        }
        let mut hasher = XxHash3_64::new();
        hasher.write(content.as_bytes());
        Self {
            name: format!("page-{:016x}.{suffix}", hasher.finish()),
            media_type,
            content,
        }
    }
}
