//! `[[site]]`: a shop, its origins, pages and channels.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fmt, fs};

use globset::{Glob, GlobBuilder, GlobMatcher};
use graadmeter_base::settings::Section;
use graadmeter_wire::{Currency, SiteId, Text, UrlParts, limits};

use crate::admit::limiter::SiteLimiter;
use crate::admit::origin::Origins;
use crate::observation::SiteIndex;
use crate::place::SitePlaces;
use crate::place::channel::{ChannelRule, Channels, lower_case};
use crate::place::page::{PageRule, Stage};

/// Most sites of a collector.
const SITES_MAX: usize = 1_000;
/// Fewest bytes of a secret or token: 128 bits in hexadecimal digits are 32, in base 64 22.
const SECRET_BYTES_MIN: usize = 16;

/// One site.
#[derive(Debug)]
pub struct Site {
    /// Its id, as beacons say it.
    pub id: String,
    /// Which pages may report.
    pub origins: Origins,
    /// What all its pages together may send: `beacons_per_minute`.
    pub limiter: SiteLimiter,
    /// Whether robots count.
    pub robots: Robots,
    /// Whose word counts for conversions.
    pub conversions: Conversions,
    /// The key of the shop's server, for signed conversions.
    pub secret: Option<Secret>,
    /// The buying path: page group and stage.
    pub stages: Vec<(String, Stage)>,
    /// How its beacons are placed.
    pub places: SitePlaces,
}

/// Whether robots count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Robots {
    /// They are kept out.
    Exclude,
    /// They count like people: for test set-ups.
    Include,
}

/// Whose word counts for conversions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversions {
    /// The browser's.
    Browser,
    /// Only that of the shop's server, which signs: money figures can't be forged from a browser.
    Signed,
}

/// A site's secret, or another one; it never shows in logs.
#[derive(Clone)]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Reads every site of a configuration.
pub(super) fn read_all(root: &mut Section<'_, '_>, folder: &Path) -> Vec<Site> {
    let mut number = 0;
    let mut ids: Vec<String> = Vec::new();
    let sites = root.sections("site", |section| {
        let site = read(section, SiteIndex(number), folder);
        number = number.saturating_add(1);
        if !site.id.is_empty() && ids.contains(&site.id) {
            section.mistake("id", "this site is here twice");
        }
        ids.push(site.id.clone());
        site
    });
    if sites.is_empty() {
        root.mistake("site", "at least one [[site]] with an id and its origins is needed");
    } else if sites.len() > SITES_MAX {
        root.mistake("site", format!("more than {SITES_MAX} sites"));
    }
    sites
}

fn read(section: &mut Section<'_, '_>, index: SiteIndex, folder: &Path) -> Site {
    section.require("id", "\"shop\"");
    let id = section.take_with("id", |id: String| {
        SiteId::new(id.clone()).map(|_| id).ok_or_else(|| format!("is not {}", SiteId::SHAPE))
    });
    section.require("origins", "[\"https://www.shop.example\"], or [\"*\"] for any");
    let origins = section.list_with("origins", read_origin);
    let currency = section.take_with("currency", |code: String| {
        Currency::from_code(&code).ok_or_else(|| format!("`{code}` is no ISO 4217 code such as \"EUR\""))
    });
    let per_minute = section.number("beacons_per_minute", 0..=100_000_000).unwrap_or(0);
    let regions = section.take("regions").unwrap_or(false);
    let robots = section.take_with("robots", |word: String| match &*word {
        "exclude" => Ok(Robots::Exclude),
        "include" => Ok(Robots::Include),
        _ => Err(format!("`{word}` is neither \"exclude\" nor \"include\"")),
    });
    let conversions = section.take_with("conversions", |word: String| match &*word {
        "browser" => Ok(Conversions::Browser),
        "signed" => Ok(Conversions::Signed),
        _ => Err(format!("`{word}` is neither \"browser\" nor \"signed\"")),
    });
    if conversions == Some(Conversions::Signed) {
        section.require("secret_file", "\"shop.secret\"");
    }
    let secret = section.take_with("secret_file", |path: String| read_secret(&folder.join(path)));
    let pages: Vec<_> = section.sections("page", read_page).into_iter().flatten().collect();
    let channels = section.sections("channel", read_channel).into_iter().flatten().collect();
    let stage = |rule: &PageRule| Some((rule.name.clone(), rule.stage?));
    // A page group of several rules has the first one's: its series can be there once.
    let mut known = BTreeSet::new();
    let stages = pages.iter().filter_map(stage).filter(|(page, _)| known.insert(page.clone())).collect();
    Site {
        id: id.unwrap_or_default(),
        origins: to_origins(origins.unwrap_or_default()),
        limiter: SiteLimiter::new(per_minute as u32),
        robots: robots.unwrap_or(Robots::Exclude),
        conversions: conversions.unwrap_or(Conversions::Browser),
        secret,
        stages,
        places: SitePlaces { index, pages, channels: Channels::new(channels), currency, regions },
    }
}

pub(super) fn read_secret(path: &Path) -> Result<Secret, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let secret = text.trim().as_bytes();
    if secret.len() < SECRET_BYTES_MIN {
        return Err(format!("{}: a secret has at least {SECRET_BYTES_MIN} characters", path.display()));
    }
    Ok(Secret(secret.to_vec()))
}

fn read_origin(text: String) -> Result<String, String> {
    let is_origin = |parts: UrlParts<'_>| parts.has_origin(&text) && matches!(parts.scheme, "http" | "https");
    if text == "*" || UrlParts::split(&text).is_some_and(is_origin) {
        return Ok(text);
    }
    Err(format!(
        "`{text}` is no origin: write scheme and host without a path, \"https://www.shop.example\", or \"*\""
    ))
}

fn to_origins(origins: Vec<String>) -> Origins {
    if origins.iter().any(|origin| origin == "*") { Origins::Any } else { Origins::Listed(origins) }
}

fn read_name(name: String) -> Result<String, String> {
    let fits = Text::<{ limits::NAME_BYTES_MAX }>::new(&*name).is_some_and(|name| name.word().is_some());
    if fits { Ok(name) } else { Err("a name has 1 to 64 bytes without control characters".to_owned()) }
}

fn read_page(section: &mut Section<'_, '_>) -> Option<PageRule> {
    section.require("name", "\"product\"");
    section.require("path", "\"/p/**\"");
    let name = section.take_with("name", read_name);
    let path = section.take_with("path", |pattern: String| {
        let glob = GlobBuilder::new(&pattern).literal_separator(true).build();
        glob.map(|glob| glob.compile_matcher()).map_err(|error| error.to_string())
    });
    let stage = section.take_with("stage", |word: String| {
        let stage = Stage::ALL.into_iter().find(|stage| stage.name() == word);
        stage.ok_or_else(|| format!("`{word}` is none of awareness, interest, desire, action"))
    });
    Some(PageRule { name: name?, path: path?, stage })
}

fn read_channel(section: &mut Section<'_, '_>) -> Option<ChannelRule> {
    section.require("name", "\"affiliate\"");
    let name = section.take_with("name", read_name);
    let [source, medium, campaign, referrer] = ["source", "medium", "campaign", "referrer"]
        .map(|key| section.take_with(key, |pattern: String| read_pattern(&pattern)));
    if [&source, &medium, &campaign, &referrer].into_iter().all(Option::is_none) {
        let message =
            "needs at least one of source, medium, campaign, referrer, such as medium = \"partner*\"";
        section.mistake("medium", message);
    }
    Some(ChannelRule { name: name?, source, medium, campaign, referrer })
}

/// A pattern of values, which are compared in lower case.
fn read_pattern(pattern: &str) -> Result<GlobMatcher, String> {
    let glob = Glob::new(&lower_case(pattern));
    glob.map(|glob| glob.compile_matcher()).map_err(|error| error.to_string())
}
