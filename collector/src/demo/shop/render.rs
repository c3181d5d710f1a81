//! Makes the shop's HTML from the templates in `pages/` and the catalogue.
//!
//! A template marks places with `{{name}}` (text, escaped) or `{{{name}}}` (markup made here). That is all a
//! shop of fifteen pages needs, so there is no template engine.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::catalogue::{CATEGORIES, Category, Flaw, PRODUCTS, Product};

const LAYOUT: &str = include_str!("pages/layout.html");
const HOME: &str = include_str!("pages/home.html");
const CATEGORY: &str = include_str!("pages/category.html");
const PRODUCT: &str = include_str!("pages/product.html");
const CART: &str = include_str!("pages/cart.html");
const CHECKOUT: &str = include_str!("pages/checkout.html");
const THANK_YOU: &str = include_str!("pages/thank-you.html");
const CARD: &str = include_str!("pages/card.html");
const TILE: &str = include_str!("pages/tile.html");

const NO_DELAY: &str =
    "Nothing is slowed down here: what Graadmeter shows for this page is the speed of your own machine.";

/// Products on the home page.
const FRESH: [&str; 4] = ["reed-vase", "tide-bowl", "drizzle-teapot", "nesting-bowls"];

/// What differs between two pages' frames.
struct Frame<'a> {
    title: &'a str,
    description: &'a str,
    /// The group the page gives itself; `None` leaves it to the site's path rules.
    data_page: Option<&'a str>,
    scripts: &'a [&'a str],
    /// Slug of the category that the menu marks as current.
    category: Option<&'a str>,
    speed_note: &'a str,
}

pub(super) fn home() -> String {
    let tiles = CATEGORIES
        .iter()
        .map(|category| {
            fill(TILE, &[("slug", category.slug), ("name", category.name), ("cover", category.cover)])
        })
        .collect::<String>();
    let fresh = FRESH.iter().filter_map(|slug| PRODUCTS.iter().find(|product| product.slug == *slug));
    let main = fill(HOME, &[("tiles", &tiles), ("cards", &cards(fresh))]);
    framed(&main, &Frame { title: "Home", data_page: Some("home"), ..Frame::plain() })
}

pub(super) fn category(category: &Category) -> String {
    let products = PRODUCTS.iter().filter(|product| product.category == category.slug);
    let main =
        fill(CATEGORY, &[("name", category.name), ("intro", category.intro), ("cards", &cards(products))]);
    let note = format!(
        "This shelf is slow on purpose: the server thinks for {} milliseconds before it sends the first byte.",
        category.wait_ms
    );
    let speed_note = if category.wait_ms == 0 { NO_DELAY } else { &note };
    framed(
        &main,
        &Frame {
            title: category.name,
            description: category.intro,
            category: Some(category.slug),
            speed_note,
            ..Frame::plain()
        },
    )
}

pub(super) fn product(product: &Product) -> String {
    let category = CATEGORIES.iter().find(|category| category.slug == product.category);
    let same =
        PRODUCTS.iter().filter(|other| other.category == product.category && other.slug != product.slug);
    let others = PRODUCTS.iter().filter(|other| other.category != product.category).step_by(2);
    let main = fill(
        PRODUCT,
        &[
            ("slug", product.slug),
            ("name", product.name),
            ("category", category.map_or("", |category| category.name)),
            ("category_slug", product.category),
            ("price", &price(product.price_cents)),
            ("line", product.line),
            ("story", product.story),
            ("size", product.size),
            ("glaze", product.glaze),
            ("care", product.care),
            ("alt", product.alt),
            ("picture", &picture(product)),
            ("cards", &cards(same.chain(others).take(4))),
        ],
    );
    let scripts: &[&str] = match product.flaw {
        Flaw::LateNotice => &["product.js", "late-notice.js"],
        Flaw::None | Flaw::LatePicture => &["product.js"],
    };
    let speed_note = match product.flaw {
        Flaw::None => NO_DELAY,
        Flaw::LatePicture => {
            "The large picture on this page takes three seconds on purpose: a poor Largest Contentful Paint."
        }
        Flaw::LateNotice => {
            "A notice pushes this page down about a second after it was shown, on purpose: a layout shift."
        }
    };
    framed(
        &main,
        &Frame {
            title: product.name,
            description: product.line,
            scripts,
            category: Some(product.category),
            speed_note,
            ..Frame::plain()
        },
    )
}

pub(super) fn cart() -> String {
    let main = fill(CART, &[("catalogue", &catalogue_json())]);
    framed(
        &main,
        &Frame { title: "Your basket", data_page: Some("cart"), scripts: &["basket.js"], ..Frame::plain() },
    )
}

pub(super) fn checkout() -> String {
    let main = fill(CHECKOUT, &[("catalogue", &catalogue_json())]);
    framed(
        &main,
        &Frame {
            title: "Checkout",
            data_page: Some("checkout"),
            scripts: &["checkout.js"],
            speed_note: "The button that places the order keeps the browser busy for 300 milliseconds on \
                         purpose: a poor Interaction to Next Paint.",
            ..Frame::plain()
        },
    )
}

pub(super) fn thank_you() -> String {
    framed(
        THANK_YOU,
        &Frame {
            title: "Thank you",
            data_page: Some("thank-you"),
            scripts: &["thank-you.js"],
            ..Frame::plain()
        },
    )
}

/// File name of the large picture on the product's own page.
pub(super) fn picture(product: &Product) -> String {
    match product.flaw {
        Flaw::LatePicture => format!("{}-large.svg", product.slug),
        Flaw::None | Flaw::LateNotice => format!("{}.svg", product.slug),
    }
}

impl Frame<'_> {
    fn plain() -> Self {
        Frame {
            title: "",
            description: "Hand-thrown stoneware from an imaginary pottery in Delft.",
            data_page: None,
            scripts: &[],
            category: None,
            speed_note: NO_DELAY,
        }
    }
}

fn framed(main: &str, frame: &Frame<'_>) -> String {
    let scripts = frame
        .scripts
        .iter()
        .map(|file| format!("<script type=\"module\" src=\"/shop/assets/{file}\"></script>\n"))
        .collect::<Vec<_>>()
        .concat();
    let page_attribute =
        frame.data_page.map(|page| format!(" data-page=\"{}\"", escape(page))).unwrap_or_default();
    fill(
        LAYOUT,
        &[
            ("title", frame.title),
            ("description", frame.description),
            ("page_attribute", &page_attribute),
            ("scripts", &scripts),
            ("menu", &menu(frame.category)),
            (
                "foot_menu",
                &CATEGORIES
                    .iter()
                    .map(|category| format!("<li>{}</li>", link(category, "")))
                    .collect::<Vec<_>>()
                    .concat(),
            ),
            ("speed_note", frame.speed_note),
            ("main", main),
        ],
    )
}

fn menu(current: Option<&str>) -> String {
    CATEGORIES
        .iter()
        .map(|category| {
            link(category, if current == Some(category.slug) { " aria-current=\"true\"" } else { "" })
        })
        .collect()
}

fn link(category: &Category, attributes: &str) -> String {
    format!("<a href=\"/shop/c/{}\"{attributes}>{}</a>", escape(category.slug), escape(category.name))
}

fn cards<'a>(products: impl Iterator<Item = &'a Product>) -> String {
    products
        .map(|product| {
            fill(
                CARD,
                &[
                    ("slug", product.slug),
                    ("name", product.name),
                    ("line", product.line),
                    ("price", &price(product.price_cents)),
                ],
            )
        })
        .collect()
}

/// Cents as a price to read: `€24.50`.
fn price(cents: u32) -> String {
    format!("€{}.{:02}", cents / 100, cents % 100)
}

/// Names and prices for the basket's script, safe inside a `<script>` element.
fn catalogue_json() -> String {
    let entries = PRODUCTS.iter().map(|product| {
        format!(
            r#"{{"id":"{}","name":"{}","price_cents":{}}}"#,
            json_text(product.slug),
            json_text(product.name),
            product.price_cents
        )
    });
    format!("[{}]", entries.collect::<Vec<_>>().join(","))
}

/// The inside of a JSON string; `<` is escaped too, so that no text can end the script element.
fn json_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '<' => out.push_str("\\u003c"),
            c if c.is_control() => {
                // Writing to a String can't fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Text for HTML content and quoted attributes.
fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Replaces the template's places by the values, in one pass: a value is never looked through for places.
/// A place without a value stays as it is, which the tests would see.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        let (before, place) = rest.split_at(start);
        out.push_str(before);
        let (open, close) = if place.starts_with("{{{") { ("{{{", "}}}") } else { ("{{", "}}") };
        let inside = &place[open.len()..];
        let found = inside.find(close).and_then(|end| {
            let value = values.iter().find(|(name, _)| *name == &inside[..end])?;
            Some((value.1, end))
        });
        if let Some((value, end)) = found {
            out.push_str(&if open.len() == 3 { Cow::Borrowed(value) } else { escape(value) });
            rest = &inside[end + close.len()..];
        } else {
            out.push_str(open);
            rest = inside;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_markup_is_not() {
        let filled = fill("<p title=\"{{a}}\">{{a}} {{{b}}}</p>", &[("a", "\"<b>&'"), ("b", "<i>x</i>")]);
        assert_eq!(filled, "<p title=\"&quot;&lt;b&gt;&amp;&#39;\">&quot;&lt;b&gt;&amp;&#39; <i>x</i></p>");
    }

    #[test]
    fn values_are_not_templates() {
        assert_eq!(fill("{{a}}{{{b}}}", &[("a", "{{b}}"), ("b", "{{{a}}}")]), "{{b}}{{{a}}}");
    }

    #[test]
    fn unknown_and_unclosed_places_stay_visible() {
        assert_eq!(fill("a {{x}} b {{{y", &[("y", "1")]), "a {{x}} b {{{y");
    }

    #[test]
    fn json_text_survives_a_parser_and_cannot_end_a_script() {
        let hard = "a\"b\\c</script>\n€";
        let written = json_text(hard);
        assert!(!written.contains('<'));
        assert_eq!(serde_json::from_str::<String>(&format!("\"{written}\"")).unwrap(), hard);
    }

    #[test]
    fn prices_have_two_decimals() {
        assert_eq!(price(2_450), "€24.50");
        assert_eq!(price(5), "€0.05");
        assert_eq!(price(14_500), "€145.00");
    }

    #[test]
    fn the_baskets_catalogue_is_the_shops() {
        let entries: Vec<serde_json::Value> = serde_json::from_str(&catalogue_json()).unwrap();
        assert_eq!(entries.len(), PRODUCTS.len());
        for (entry, product) in entries.iter().zip(&PRODUCTS) {
            assert_eq!(entry["id"], product.slug);
            assert_eq!(entry["name"], product.name);
            assert_eq!(entry["price_cents"], product.price_cents);
        }
    }

    #[test]
    fn only_some_pages_name_their_own_group() {
        assert!(home().contains("data-site=\"demo\" data-page=\"home\""));
        assert!(checkout().contains("data-page=\"checkout\""));
        assert!(!category(&CATEGORIES[0]).contains("data-page"));
        assert!(!product(&PRODUCTS[0]).contains("data-page"));
    }

    #[test]
    fn slow_pages_say_so() {
        let slow = CATEGORIES.iter().find(|category| category.wait_ms > 0).unwrap();
        assert!(category(slow).contains(&format!("thinks for {} milliseconds", slow.wait_ms)));
        for item in &PRODUCTS {
            let html = product(item);
            assert_eq!(html.contains("on purpose"), item.flaw != Flaw::None, "{}", item.slug);
            assert!(html.contains(&format!("/shop/assets/{}\"", picture(item))), "{}", item.slug);
        }
    }
}
