//! The workstation's files, inside the executable: what `npm run build` wrote to `web/build`.
//!
//! Not a web server: it answers with bytes and the headers they need, the centre and the checkpoint
//! serve them. Nothing here compresses; the build left `.br` and `.gz` files beside each file. A
//! release build carries the files in itself, a debug build reads them from `web/build` when asked.

use std::borrow::Cow;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../web/build"]
#[allow_missing = true]
struct Build;

/// The page a browser gets when there is no web build.
const NOT_BUILT: &str = include_str!("not_built.html");

/// One file as it is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    pub bytes: Cow<'static, [u8]>,
    /// Value of `content-type`.
    pub mime: &'static str,
    /// Value of `content-encoding`, when the bytes are compressed. `vary: accept-encoding` belongs to
    /// every answer.
    pub encoding: Option<&'static str>,
    pub cache: Cache,
}

/// For how long a browser may keep a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// The name holds a hash of the content: for ever.
    Immutable,
    /// Ask again each time; a new executable may carry another one.
    Revalidate,
}

impl Cache {
    /// Value of `cache-control`.
    pub fn header(self) -> &'static str {
        match self {
            Cache::Immutable => "public, max-age=31536000, immutable",
            Cache::Revalidate => "no-cache",
        }
    }
}

/// Is there a web build at all?
pub fn is_built() -> bool {
    Build::get("index.html").is_some()
}

/// The file at `path` (with or without the leading `/`), in the best encoding that the request's
/// `accept-encoding` allows; `None` when there is no such file. An empty path is the start page.
pub fn get(path: &str, accept_encoding: &str) -> Option<Asset> {
    let path = path.trim_start_matches('/');
    if path.is_empty() {
        return Some(page(accept_encoding));
    }
    if path.ends_with(".br") || path.ends_with(".gz") {
        return None;
    }
    find(path, accept_encoding)
}

/// The single page of the workstation: the answer for every address that is neither a file nor the
/// API, since the browser does the routing. Without a build it is a page that says what to run.
pub fn page(accept_encoding: &str) -> Asset {
    find("index.html", accept_encoding).unwrap_or(Asset {
        bytes: Cow::Borrowed(NOT_BUILT.as_bytes()),
        mime: "text/html; charset=utf-8",
        encoding: None,
        cache: Cache::Revalidate,
    })
}

/// File or single page: what a server's fallback route needs. `None` means 404: a path under `/api/`
/// or one that names a file (`/x/y.png`) which does not exist.
pub fn get_or_page(path: &str, accept_encoding: &str) -> Option<Asset> {
    get(path, accept_encoding).or_else(|| {
        let path = path.trim_start_matches('/');
        let last = path.rsplit('/').next().unwrap_or_default();
        let is_api = path == "api" || path.starts_with("api/");
        (!is_api && !last.contains('.')).then(|| page(accept_encoding))
    })
}

fn find(path: &str, accept_encoding: &str) -> Option<Asset> {
    let mime = mime(path);
    let cache = if path.starts_with("_app/immutable/") {
        Cache::Immutable
    } else {
        Cache::Revalidate
    };
    [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .filter(|(name, _)| accepts(accept_encoding, name))
        .find_map(|(name, ending)| {
            Build::get(&format!("{path}{ending}")).map(|file| (file, Some(name)))
        })
        .or_else(|| Build::get(path).map(|file| (file, None)))
        .map(|(file, encoding)| Asset {
            bytes: file.data,
            mime,
            encoding,
            cache,
        })
}

/// RFC 9110 section 12.5.3, as far as two codings need it: named and not refused by `q=0`.
fn accepts(accept_encoding: &str, coding: &str) -> bool {
    accept_encoding.split(',').any(|part| {
        let mut pieces = part.split(';').map(str::trim);
        let named = pieces
            .next()
            .is_some_and(|it| it.eq_ignore_ascii_case(coding));
        let refused = pieces.any(|it| {
            it.strip_prefix("q=")
                .and_then(|q| q.parse::<f32>().ok())
                .is_some_and(|q| q <= 0.0)
        });
        named && !refused
    })
}

fn mime(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" | "ftl" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_page_is_always_there_and_is_html() {
        for path in ["", "/", "/case/CN05-18204", "queue"] {
            let asset = get_or_page(path, "").expect("a page");
            assert_eq!(asset.mime, "text/html; charset=utf-8", "{path}");
            assert_eq!(asset.encoding, None, "{path}");
            assert_eq!(asset.cache, Cache::Revalidate, "{path}");
            let text = String::from_utf8(asset.bytes.into_owned()).expect("UTF-8");
            assert!(text.contains("<html"), "{path}: {text}");
            assert!(is_built() || text.contains("cargo xtask demo"), "{path}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_answered_with_a_page() {
        for path in [
            "/api/nothing",
            "api",
            "/_app/immutable/none.js",
            "/../Cargo.toml",
            "/index.html.br",
        ] {
            assert_eq!(get_or_page(path, "br, gzip"), None, "{path}");
        }
    }

    #[test]
    fn an_encoding_is_taken_only_when_it_is_allowed() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("BR;q=0.5", "br"));
        assert!(!accepts("gzip", "br"));
        assert!(!accepts("br;q=0, gzip", "br"));
        assert!(!accepts("", "gzip"));
        assert!(!accepts("brotli", "br"));
    }

    #[test]
    fn hashed_names_are_kept_for_ever_and_served_compressed() {
        // A script of a few bytes grows when it is compressed: the largest tells.
        let scripts =
            Build::iter().filter(|it| it.starts_with("_app/immutable/") && it.ends_with(".js.br"));
        let Some(name) = scripts.max_by_key(|it| get(it, "").map_or(0, |it| it.bytes.len())) else {
            assert!(!is_built(), "a web build without a compressed script");
            return;
        };
        let path = name.trim_end_matches(".br");
        let plain = get(path, "").expect("the file itself");
        let small = get(path, "gzip, br").expect("the compressed file");
        assert_eq!((plain.encoding, small.encoding), (None, Some("br")));
        assert_eq!(small.mime, "text/javascript; charset=utf-8");
        assert_eq!(small.cache.header(), "public, max-age=31536000, immutable");
        assert!(small.bytes.len() < plain.bytes.len());
    }
}
