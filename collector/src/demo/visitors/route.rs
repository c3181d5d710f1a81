//! Which pages a simulated visitor sees, from the landing to the end, and what a buyer pays.

use graadmeter_wire::{Amount, HttpUrl};
use rand::Rng;
use rust_decimal::Decimal;

use super::super::shop::catalogue::{CATEGORIES, PRODUCTS};
use super::{VisitorsError, url};

/// Chance that a browsing visitor looks at one more page: a session has three pages on average.
pub(super) const GOES_ON: f64 = 0.67;

/// No session of the simulation is longer, however curious the visitor.
const PAGES_MAX: usize = 40;

/// A page of the shop, by its place in [`Places`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Home,
    Category(usize),
    Product(usize),
    Cart,
    Checkout,
    ThankYou,
}

impl Place {
    /// The page group, as the shop's own pages name it.
    pub(super) fn group(self) -> &'static str {
        match self {
            Place::Home => "home",
            Place::Category(_) => "category",
            Place::Product(_) => "product",
            Place::Cart => "cart",
            Place::Checkout => "checkout",
            Place::ThankYou => "thank-you",
        }
    }
}

/// The addresses of the shop's pages.
pub(super) struct Places {
    home: HttpUrl<'static>,
    categories: Vec<HttpUrl<'static>>,
    products: Vec<HttpUrl<'static>>,
    cart: HttpUrl<'static>,
    checkout: HttpUrl<'static>,
    thank_you: HttpUrl<'static>,
}

impl Places {
    pub(super) fn new() -> Result<Self, VisitorsError> {
        let category = |slug| url(&format!("/shop/c/{slug}"));
        let product = |slug| url(&format!("/shop/p/{slug}"));
        Ok(Self {
            home: url("/shop/")?,
            categories: CATEGORIES.iter().map(|row| category(row.slug)).collect::<Result<_, _>>()?,
            products: PRODUCTS.iter().map(|row| product(row.slug)).collect::<Result<_, _>>()?,
            cart: url("/shop/cart")?,
            checkout: url("/shop/checkout")?,
            thank_you: url("/shop/thank-you")?,
        })
    }

    pub(super) fn url(&self, place: Place) -> &HttpUrl<'static> {
        match place {
            Place::Home => &self.home,
            Place::Category(row) => &self.categories[row],
            Place::Product(row) => &self.products[row],
            Place::Cart => &self.cart,
            Place::Checkout => &self.checkout,
            Place::ThankYou => &self.thank_you,
        }
    }
}

/// The pages of a session. A buyer browses like everybody else, and then goes the way through the basket.
pub(super) fn route(rng: &mut impl Rng, buys: bool) -> Vec<Place> {
    let mut place = landing(rng);
    let mut route = vec![place];
    while route.len() < PAGES_MAX && rng.random_bool(GOES_ON) {
        place = next(rng, place);
        route.push(place);
    }
    if buys {
        if !matches!(place, Place::Product(_) | Place::Cart | Place::Checkout) {
            route.push(product(rng));
        }
        if !matches!(place, Place::Cart | Place::Checkout) {
            route.push(Place::Cart);
        }
        if place != Place::Checkout {
            route.push(Place::Checkout);
        }
        route.push(Place::ThankYou);
    }
    route
}

fn landing(rng: &mut impl Rng) -> Place {
    match rng.random::<f64>() {
        x if x < 0.42 => Place::Home,
        x if x < 0.64 => category(rng),
        _ => product(rng),
    }
}

fn next(rng: &mut impl Rng, from: Place) -> Place {
    match (from, rng.random::<f64>()) {
        (Place::Home, x) if x < 0.65 => category(rng),
        (Place::Category(_), x) if x < 0.15 => category(rng),
        (Place::Category(_), x) if x < 0.25 => Place::Home,
        (Place::Product(_), x) if x < 0.15 => Place::Cart,
        (Place::Product(_), x) if x < 0.50 => category(rng),
        (Place::Product(_), x) if x < 0.62 => Place::Home,
        (Place::Cart, x) if x < 0.30 => Place::Checkout,
        (Place::Cart, x) if x < 0.55 => category(rng),
        (Place::Checkout, x) if x < 0.60 => Place::Cart,
        _ => product(rng),
    }
}

fn category(rng: &mut impl Rng) -> Place {
    Place::Category(rng.random_range(0..CATEGORIES.len()))
}

fn product(rng: &mut impl Rng) -> Place {
    Place::Product(rng.random_range(0..PRODUCTS.len()))
}

/// The price of a basket of one to four pieces, exact to the cent.
pub(super) fn basket(rng: &mut impl Rng) -> Amount {
    let mut cents = 0;
    for _ in 0..rng.random_range(1..=4_u8) {
        cents += i64::from(PRODUCTS[rng.random_range(0..PRODUCTS.len())].price_cents);
    }
    Amount::from(Decimal::new(cents, 2))
}
