//! The demo webshop: a small static shop with the real beacon, so that somebody who tries Graadmeter can see
//! his own clicks measured. Some of its pages are slow on purpose and say so in their small print.
//!
//! Everything is embedded and made once; answering is a look-up. Time is only named here, the server does the
//! waiting.

pub(super) mod catalogue;
mod render;

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use catalogue::{CATEGORIES, Flaw, PRODUCTS};

/// Longest delay a visitor may ask for by `?wait_ms=` or `?transfer_ms=`, each.
const ASKED_DELAY_MS_MAX: u64 = 10_000;

/// How long the late picture takes to arrive.
const LATE_PICTURE: Duration = Duration::from_secs(3);

/// Pages are asked for anew each time, but may stay in the back/forward cache.
const CACHE_PAGE: &str = "no-cache";
const CACHE_ASSET: &str = "public, max-age=300";
/// The late picture must be late on every visit.
const CACHE_NEVER: &str = "no-store";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! assets {
    ($($file:literal: $content_type:expr),* $(,)?) => {
        [$(($file, $content_type, include_bytes!(concat!("shop/assets/", $file)).as_slice())),*]
    };
}

/// Pictures, style and scripts: name under `/shop/assets/`, content type, bytes.
const ASSETS: [(&str, &str, &[u8]); 18] = assets![
    "shop.css": CSS,
    "cart.js": SCRIPT,
    "product.js": SCRIPT,
    "basket.js": SCRIPT,
    "checkout.js": SCRIPT,
    "thank-you.js": SCRIPT,
    "late-notice.js": SCRIPT,
    "mark.svg": SVG,
    "still-life.svg": SVG,
    "dawn-mug.svg": SVG,
    "espresso-pair.svg": SVG,
    "drizzle-teapot.svg": SVG,
    "tide-bowl.svg": SVG,
    "polder-plates.svg": SVG,
    "nesting-bowls.svg": SVG,
    "reed-vase.svg": SVG,
    "moon-jar.svg": SVG,
    "windowsill-planter.svg": SVG,
];

/// An answer of the shop, and how slowly to give it.
#[derive(Clone, Debug)]
pub struct Page {
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// The whole body.
    pub body: &'static [u8],
    /// Delay before the first byte of the answer, header included.
    pub wait: Duration,
    /// Time over which the body is spread.
    pub transfer: Duration,
    /// Value of `Cache-Control`.
    pub cache_control: &'static str,
}

/// The page or asset at a path under `/shop/`, or `None` when there is none.
///
/// `query` may carry `wait_ms` and `transfer_ms`, whole milliseconds, which are added to the page's own
/// slowness, each capped at 10,000; anything else in it is ignored, as a shop ignores campaign parameters.
#[must_use]
pub fn page(path: &str, query: Option<&str>) -> Option<Page> {
    let mut page = SHOP.get(path)?.clone();
    page.wait += asked_delay(query, "wait_ms");
    page.transfer += asked_delay(query, "transfer_ms");
    Some(page)
}

fn asked_delay(query: Option<&str>, key: &str) -> Duration {
    let asked = query
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == key)
        .and_then(|(_, value)| value.parse::<u64>().ok())
        .unwrap_or(0);
    Duration::from_millis(asked.min(ASKED_DELAY_MS_MAX))
}

static SHOP: LazyLock<HashMap<String, Page>> = LazyLock::new(|| {
    let mut shop = HashMap::new();
    add_pages(&mut shop);
    add_assets(&mut shop);
    shop
});

fn add_pages(shop: &mut HashMap<String, Page>) {
    shop.insert("/shop/".to_owned(), html(render::home(), 0));
    for category in &CATEGORIES {
        shop.insert(format!("/shop/c/{}", category.slug), html(render::category(category), category.wait_ms));
    }
    for product in &PRODUCTS {
        shop.insert(format!("/shop/p/{}", product.slug), html(render::product(product), 0));
    }
    shop.insert("/shop/cart".to_owned(), html(render::cart(), 0));
    shop.insert("/shop/checkout".to_owned(), html(render::checkout(), 0));
    shop.insert("/shop/thank-you".to_owned(), html(render::thank_you(), 0));
}

fn add_assets(shop: &mut HashMap<String, Page>) {
    for (file, content_type, body) in ASSETS {
        let asset = Page {
            content_type,
            body,
            wait: Duration::ZERO,
            transfer: Duration::ZERO,
            cache_control: CACHE_ASSET,
        };
        let late = PRODUCTS.iter().find(|product| {
            product.flaw == Flaw::LatePicture && file.strip_suffix(".svg") == Some(product.slug)
        });
        if let Some(product) = late {
            let slow = Page { transfer: LATE_PICTURE, cache_control: CACHE_NEVER, ..asset.clone() };
            shop.insert(format!("/shop/assets/{}", render::picture(product)), slow);
        }
        shop.insert(format!("/shop/assets/{file}"), asset);
    }
}

/// A page that was made at start-up and lives as long as the program, like the embedded assets.
fn html(body: String, wait_ms: u64) -> Page {
    Page {
        content_type: HTML,
        body: body.leak().as_bytes(),
        wait: Duration::from_millis(wait_ms),
        transfer: Duration::ZERO,
        cache_control: CACHE_PAGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str) -> &'static str {
        std::str::from_utf8(page(path, None).unwrap().body).unwrap()
    }

    fn html_paths() -> Vec<&'static str> {
        SHOP.iter().filter(|(_, page)| page.content_type == HTML).map(|(path, _)| path.as_str()).collect()
    }

    /// Every `href`, `src` and module import of a text, as an absolute path.
    fn links(text: &str) -> impl Iterator<Item = String> {
        let attributes = ["href=\"", "src=\""].into_iter().flat_map(|start| {
            text.split(start).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned())
        });
        let imports = text
            .split("from './")
            .skip(1)
            .map(|rest| format!("/shop/assets/{}", rest.split('\'').next().unwrap()));
        attributes.chain(imports)
    }

    #[test]
    fn the_shop_has_its_pages_and_nothing_else() {
        let mut paths = html_paths();
        paths.sort_unstable();
        assert_eq!(
            paths,
            [
                "/shop/",
                "/shop/c/bowls",
                "/shop/c/cups",
                "/shop/c/vases",
                "/shop/cart",
                "/shop/checkout",
                "/shop/p/dawn-mug",
                "/shop/p/drizzle-teapot",
                "/shop/p/espresso-pair",
                "/shop/p/moon-jar",
                "/shop/p/nesting-bowls",
                "/shop/p/polder-plates",
                "/shop/p/reed-vase",
                "/shop/p/tide-bowl",
                "/shop/p/windowsill-planter",
                "/shop/thank-you",
            ]
        );
        for nothing in ["/", "/shop", "/shop/c/", "/shop/p/spoon", "/shop/assets/../shop.rs", ""] {
            assert!(page(nothing, None).is_none(), "{nothing}");
        }
    }

    #[test]
    fn every_link_leads_somewhere_inside_the_shop() {
        for (path, page) in SHOP.iter().filter(|(_, page)| page.content_type != SVG) {
            for link in links(std::str::from_utf8(page.body).unwrap()) {
                let known = link == "/beacon.js" || link == "#main" || SHOP.contains_key(&link);
                assert!(known, "{path} links to {link}");
            }
        }
    }

    #[test]
    fn every_page_is_reachable_from_home() {
        let mut seen = vec!["/shop/".to_owned()];
        let mut next = 0;
        while let Some(path) = seen.get(next).cloned() {
            next += 1;
            // The basket's script leads on to the checkout, whose script leads to the last page.
            let found: Vec<_> = links(text(&path)).filter(|link| SHOP.contains_key(link)).collect();
            for link in found {
                if !seen.contains(&link) {
                    seen.push(link);
                }
            }
        }
        for path in html_paths() {
            let by_script = ["/shop/checkout", "/shop/thank-you"].contains(&path);
            assert!(by_script || seen.iter().any(|other| other == path), "{path}");
        }
        assert!(text("/shop/assets/basket.js").contains("'/shop/checkout'"));
        assert!(text("/shop/assets/checkout.js").contains("'/shop/thank-you'"));
    }

    #[test]
    fn every_page_carries_stub_and_beacon_and_no_open_place() {
        for path in html_paths() {
            let html = text(path);
            assert_eq!(
                html.matches("<script async src=\"/beacon.js\" data-site=\"demo\"").count(),
                1,
                "{path}"
            );
            assert!(html.contains("window.graadmeter=window.graadmeter||function()"), "{path}");
            assert!(!html.contains("{{") && !html.contains("}}"), "{path}");
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere_and_all_of_it_is_light() {
        let total: usize = SHOP.values().map(|page| page.body.len()).sum();
        assert!(total < 400_000, "{total} bytes with all pages");
        let assets: usize = ASSETS.iter().map(|(_, _, body)| body.len()).sum();
        assert!(assets < 250_000, "{assets} bytes of assets");
        for (path, page) in SHOP.iter() {
            let text = std::str::from_utf8(page.body).unwrap();
            let text = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("//www") && !text.contains("http:") && !text.contains("https:"), "{path}");
        }
    }

    #[test]
    fn one_shelf_waits_and_one_picture_is_slow() {
        assert_eq!(page("/shop/", None).unwrap().wait, Duration::ZERO);
        assert_eq!(page("/shop/c/vases", None).unwrap().wait, Duration::from_millis(1_200));
        let picture = page("/shop/assets/reed-vase-large.svg", None).unwrap();
        assert_eq!(picture.transfer, Duration::from_secs(3));
        assert_eq!(picture.cache_control, "no-store");
        assert_eq!(page("/shop/assets/reed-vase.svg", None).unwrap().transfer, Duration::ZERO);
        assert!(text("/shop/p/reed-vase").contains("src=\"/shop/assets/reed-vase-large.svg\""));
    }

    #[test]
    fn visitors_may_ask_for_delays() {
        let delays = |path, query| {
            let page = page(path, Some(query)).unwrap();
            (page.wait.as_millis(), page.transfer.as_millis())
        };
        assert_eq!(delays("/shop/", "wait_ms=250&transfer_ms=90"), (250, 90));
        assert_eq!(delays("/shop/c/vases", "utm_source=x&wait_ms=200"), (1_400, 0));
        assert_eq!(delays("/shop/cart", "wait_ms=10001&transfer_ms=18446744073709551615"), (10_000, 10_000));
        for junk in
            ["", "&", "=", "wait_ms", "wait_ms=", "wait_ms=-1", "wait_ms=1.5", "wait_ms=99999999999999999999"]
        {
            assert_eq!(delays("/shop/", junk), (0, 0), "{junk}");
        }
    }
}
