//! Configuration: from one TOML file to values that are known to be right.
//!
//! Every mistake is reported at once, with its line. Nothing else in the collector reads files or the
//! environment; everything below takes what it needs as an argument.

mod clickhouse;
mod history;
mod script;
mod site;
mod storage;
mod tls;

use std::net::IpAddr;
use std::path::Path;

use graadmeter_base::settings::{self, Mistakes, Section, SettingsError};
use hyper::header::HeaderName;
use ipnet::IpNet;

use crate::address::Addresses;
use crate::admit::limiter::{ClientLimit, SiteLimiter};
use crate::admit::origin::Origins;
use crate::aggregate::budget::{Budgets, CellsMax};
use crate::clickhouse::Settings;
use crate::history::Retention;
use crate::limits::{CLIENTS_WATCHED_MAX, CONFIG_BYTES_MAX, REPORTS_REMEMBERED_MAX};
use crate::observation::SiteIndex;
use crate::place::SitePlaces;
use crate::place::channel::Channels;
use crate::place::country::Database;

pub use self::site::{Conversions, Robots, Secret, Site};
pub use self::storage::{Query, Storage};
pub use self::tls::{Tls, TlsFiles};

/// A configuration that is known to be right.
#[derive(Debug)]
pub struct Config {
    /// What clients may send, and how many cells there may be.
    pub limits: Limits,
    /// TLS of the public listener, if it has its own.
    pub tls: Option<Tls>,
    /// `[script]`: where the script and its reports stand besides their usual addresses.
    pub addresses: Addresses,
    /// What tells countries.
    pub geo: Geo,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Who may read the admin listener.
    pub admin: Admin,
    /// How what was accepted is kept.
    pub storage: Storage,
    /// How long the history is kept, if there is one.
    pub history: Retention,
    /// Where every observation goes as a row, if it does.
    pub clickhouse: Option<Settings>,
    /// The sites, at least one.
    pub sites: Vec<Site>,
}

/// `[limits]`
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `beacons_per_minute_per_client`
    pub client: ClientLimit,
    /// `visitor_cells`, `page_cells`, `synthetic_cells`, `third_party_hosts`: of each site.
    pub cells: CellsMax,
    /// `connections`: of the public listener, on all cores together; none is as many as there may be.
    pub connections: Option<usize>,
    /// `connections_per_client`: from one address; none is the default, which spares the machine itself.
    pub connections_per_client: Option<usize>,
    /// Clients whose share is watched; no key of the file, but less where many pipelines are made.
    pub clients_watched: usize,
    /// Reports that are remembered to count each once; likewise.
    pub reports_remembered: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            client: ClientLimit { beacons_per_minute: 600, loopback: false },
            cells: CellsMax { visitor: 10_000, page: 1_000, check: 1_000, third_party: 100 },
            connections: None,
            connections_per_client: None,
            clients_watched: CLIENTS_WATCHED_MAX,
            reports_remembered: REPORTS_REMEMBERED_MAX,
        }
    }
}

/// `[geo]`
#[derive(Debug, Default)]
pub struct Geo {
    /// `database`, opened.
    pub database: Option<Database>,
    /// `country_header`
    pub country_header: Option<HeaderName>,
}

/// `[admin]`
#[derive(Debug, Default)]
pub struct Admin {
    /// The content of `token_file`.
    pub token: Option<Secret>,
    /// `open`: whether everybody may read it, wherever it listens.
    pub open: bool,
}

impl Admin {
    /// Whether the admin listener may stand at an address.
    #[must_use]
    pub fn may_listen_on(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.open || self.token.is_some()
    }
}

impl Config {
    /// For trying out: site `default`, from any origin. Only for a loopback address.
    #[must_use]
    pub fn trial() -> Self {
        let places = SitePlaces {
            index: SiteIndex(0),
            pages: Vec::new(),
            channels: Channels::new(Vec::new()),
            currency: None,
            regions: false,
        };
        let site = Site {
            id: "default".to_owned(),
            origins: Origins::Any,
            limiter: SiteLimiter::new(0),
            robots: Robots::Exclude,
            conversions: Conversions::Browser,
            secret: None,
            stages: vec![],
            places,
        };
        Self {
            limits: Limits::default(),
            tls: None,
            addresses: Addresses::default(),
            geo: Geo::default(),
            trusted_proxies: Vec::new(),
            admin: Admin::default(),
            storage: Storage::default(),
            history: Retention::default(),
            clickhouse: None,
            sites: vec![site],
        }
    }

    /// The budgets of its sites' cells, of which nothing is used yet.
    #[must_use]
    pub fn budgets(&self) -> Budgets {
        let sites = self.sites.iter();
        Budgets::new(self.limits.cells, sites.map(|site| site.places.pages.iter().map(|rule| &*rule.name)))
    }

    /// Reads a configuration file and the files that it names; their paths are relative to it.
    ///
    /// # Errors
    ///
    /// When the file can't be read, or with every mistake in it.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        settings::load(path, CONFIG_BYTES_MAX, Self::read)
    }

    /// Reads the text of a configuration; files that it names are relative to `folder`.
    ///
    /// # Errors
    ///
    /// With every mistake in it.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Mistakes> {
        settings::parse(text, |root| Self::read(root, folder))
    }

    fn read(root: &mut Section<'_, '_>, folder: &Path) -> Self {
        let clickhouse = root.optional_section("clickhouse", |section| clickhouse::read(section, folder));
        Self {
            limits: root.section("limits", read_limits),
            tls: root.optional_section("tls", |section| tls::read(section, folder)).flatten(),
            addresses: root.section("script", script::read),
            geo: root.section("geo", |section| read_geo(section, folder)),
            trusted_proxies: root.section("proxies", read_proxies),
            admin: root.section("admin", |section| read_admin(section, folder)),
            storage: root.section("storage", |section| storage::read(section, clickhouse.is_some())),
            history: root.section("history", history::read),
            clickhouse: clickhouse.flatten(),
            sites: site::read_all(root, folder),
        }
    }
}

fn read_limits(section: &mut Section<'_, '_>) -> Limits {
    let mut limits = Limits::default();
    if let Some(beacons_per_minute) = section.number("beacons_per_minute_per_client", 0..=100_000) {
        // Whoever sets the limit wants it for every client.
        limits.client = ClientLimit { beacons_per_minute: beacons_per_minute as u32, loopback: true };
    }
    limits.connections = section.number("connections", 1..=1_000_000).map(|number| number as usize);
    limits.connections_per_client =
        section.number("connections_per_client", 1..=1_000_000).map(|number| number as usize);
    let cells = &mut limits.cells;
    for (key, max) in [
        ("visitor_cells", &mut cells.visitor),
        ("page_cells", &mut cells.page),
        ("synthetic_cells", &mut cells.check),
        ("third_party_hosts", &mut cells.third_party),
    ] {
        if let Some(number) = section.number(key, 1..=1_000_000) {
            *max = number as usize;
        }
    }
    limits
}

fn read_geo(section: &mut Section<'_, '_>, folder: &Path) -> Geo {
    let open = |path: String| Database::open(&folder.join(path)).map_err(|error| with_cause(&error));
    let header = |name: String| HeaderName::try_from(name).map_err(|_| "not the name of a header".to_owned());
    Geo {
        database: section.take_with("database", open),
        country_header: section.take_with("country_header", header),
    }
}

fn read_proxies(section: &mut Section<'_, '_>) -> Vec<IpNet> {
    let network = |text: String| {
        text.parse()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| format!("`{text}` is neither an address nor a network such as \"10.0.0.0/8\""))
    };
    section.list_with("trusted", network).unwrap_or_default()
}

fn read_admin(section: &mut Section<'_, '_>, folder: &Path) -> Admin {
    let token = |path: String| site::read_secret(&folder.join(path));
    Admin { token: section.take_with("token_file", token), open: section.take("open").unwrap_or(false) }
}

/// An error with what caused it, for a message.
fn with_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parse(text: &str) -> Result<Config, Mistakes> {
        Config::parse(text, Path::new("."))
    }

    fn lines(text: &str) -> Vec<(usize, String)> {
        parse(text).unwrap_err().0.into_iter().map(|mistake| (mistake.line, mistake.message)).collect()
    }

    const SHOP: &str = "[[site]]\nid = \"shop\"\norigins = [\"https://www.shop.example\"]\n";

    #[test]
    fn reads_the_documented_example() {
        let text = r#"
            [limits]
            beacons_per_minute_per_client = 600
            [geo]
            country_header = "CF-IPCountry"
            [proxies]
            trusted = ["10.0.0.0/8", "192.0.2.1"]
            [[site]]
            id = "shop"
            origins = ["https://www.shop.example"]
            currency = "EUR"
            robots = "exclude"
            conversions = "browser"
            [[site.page]]
            name = "product"
            path = "/p/**"
            stage = "interest"
            [[site.channel]]
            name = "affiliate"
            medium = "partner*"
        "#;
        let config = parse(text).unwrap();
        assert_eq!(config.trusted_proxies.len(), 2);
        assert_eq!(config.limits.client, ClientLimit { beacons_per_minute: 600, loopback: true });
        assert_eq!(config.sites[0].places.pages[0].name, "product");
        assert_eq!(config.sites[0].origins, Origins::Listed(vec!["https://www.shop.example".to_owned()]));
    }

    #[test]
    fn a_page_group_of_several_rules_has_one_stage() {
        let rule = |name: &str, path: &str, stage: &str| {
            format!("[[site.page]]\nname = \"{name}\"\npath = \"{path}\"\nstage = \"{stage}\"\n")
        };
        let text = [
            "[[site]]\nid = \"shop\"\norigins = [\"*\"]\n".to_owned(),
            rule("product", "/p/**", "interest"),
            rule("cart", "/cart", "desire"),
            rule("product", "/product/**", "interest"),
            rule("cart", "/basket", "action"),
        ];
        let stages = parse(&text.concat()).unwrap().sites[0].stages.clone();
        assert_eq!(
            stages.iter().map(|(page, stage)| (&**page, stage.name())).collect::<Vec<_>>(),
            [("product", "interest"), ("cart", "desire")]
        );
    }

    #[test]
    fn says_every_mistake_at_once_with_its_line() {
        let text = "[limits]\nbeacons_per_minute_per_clinet = 1\npage_cells = \"many\"\n[proxies]\ntrusted = [\"10.0.0.0/99\"]\n[[site]]\nid = \"sh op\"\norigins = [\"www.shop.example\"]\n[[site.page]]\nname = \"product\"\nstage = \"wish\"\n";
        let lines = lines(text);
        let numbers: Vec<_> = lines.iter().map(|(line, _)| *line).collect();
        assert_eq!(numbers, [2, 3, 5, 7, 8, 9, 11], "{lines:#?}");
        assert!(lines[0].1.contains("beacons_per_minute_per_client"), "{}", lines[0].1);
    }

    #[test]
    fn the_history_is_kept_the_longer_the_coarser() {
        let kept = parse(&format!("[history]\nminutes = \"2h\"\nhours = \"30d\"\n{SHOP}")).unwrap().history;
        let hours = Duration::from_hours;
        assert_eq!(kept, Retention { minutes: hours(2), hours: hours(720), days: hours(9600) });
        for wrong in
            ["minutes = \"20d\"", "hours = \"300d\"\ndays = \"200d\"", "minutes = \"1m\"", "weeks = 3"]
        {
            assert_eq!(lines(&format!("[history]\n{wrong}\n{SHOP}")).len(), 1, "{wrong}");
        }
    }

    #[test]
    fn clickhouse_is_where_the_url_says() {
        let settings = parse(&format!("[clickhouse]\nurl = \"http://127.0.0.1:8123\"\n{SHOP}")).unwrap();
        let settings = settings.clickhouse.unwrap();
        assert_eq!(settings.url.as_str(), "http://127.0.0.1:8123/");
        assert_eq!((settings.database.to_string().as_str(), &*settings.user), ("graadmeter", "default"));
        for (wrong, line) in [
            ("user = \"me\"", 1),
            ("url = \"127.0.0.1:8123\"", 2),
            ("url = \"http://me:secret@127.0.0.1\"", 2),
            ("url = \"http://127.0.0.1\"\ndatabase = \"a`b\"", 3),
            ("url = \"http://127.0.0.1\"\nuser = \"\\n\"", 3),
            ("url = \"http://127.0.0.1\"\npassword_file = \"/dev/null\"", 3),
        ] {
            let lines = lines(&format!("[clickhouse]\n{wrong}\n{SHOP}"));
            assert_eq!(lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [line], "{wrong}: {lines:?}");
        }
    }

    #[test]
    fn a_site_is_needed_and_each_once() {
        assert!(lines("")[0].1.contains("[[site]]"));
        assert!(lines(&format!("{SHOP}{SHOP}"))[0].1.contains("twice"));
    }

    #[test]
    fn broken_toml_has_a_line_too() {
        let lines = lines(&format!("{SHOP}[limits\n"));
        assert_eq!(lines[0].0, 4, "{lines:?}");
    }

    #[test]
    fn the_default_limit_spares_the_machine_itself() {
        assert_eq!(
            parse(SHOP).unwrap().limits.client,
            ClientLimit { beacons_per_minute: 600, loopback: false }
        );
    }
}
