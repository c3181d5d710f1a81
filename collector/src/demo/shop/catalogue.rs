//! What the demo shop sells, and which of its pages are slow on purpose. The one place for names and prices:
//! pages, basket and simulated visitors are all made from it.

/// A shelf of the shop, shown at `/shop/c/<slug>`.
pub(crate) struct Category {
    pub(crate) slug: &'static str,
    pub(crate) name: &'static str,
    /// One or two sentences under the heading.
    pub(crate) intro: &'static str,
    /// The product whose picture stands for the category.
    pub(crate) cover: &'static str,
    /// Deliberate delay before the first byte.
    pub(crate) wait_ms: u64,
}

/// The way in which a product's page is deliberately bad, one Core Web Vital each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    /// The picture comes late: a poor Largest Contentful Paint.
    LatePicture,
    /// A notice pushes the page down after it was shown: Cumulative Layout Shift.
    LateNotice,
}

/// A product, shown at `/shop/p/<slug>` with the picture `/shop/assets/<slug>.svg`.
pub(crate) struct Product {
    pub(crate) slug: &'static str,
    /// Slug of its [`Category`].
    pub(crate) category: &'static str,
    pub(crate) name: &'static str,
    /// Price in euro cents, tax included.
    pub(crate) price_cents: u32,
    pub(crate) line: &'static str,
    pub(crate) story: &'static str,
    pub(crate) size: &'static str,
    pub(crate) glaze: &'static str,
    pub(crate) care: &'static str,
    /// The picture in words.
    pub(crate) alt: &'static str,
    pub(crate) flaw: Flaw,
}

pub(crate) const CATEGORIES: [Category; 3] = [
    Category {
        slug: "cups",
        name: "Cups & pots",
        intro: "For the first coffee, the second coffee, and the tea that was forgotten on the stairs.",
        cover: "dawn-mug",
        wait_ms: 0,
    },
    Category {
        slug: "bowls",
        name: "Bowls & plates",
        intro: "Wide, steady and made to be stacked. Soup for one, salad for eight.",
        cover: "tide-bowl",
        wait_ms: 0,
    },
    Category {
        slug: "vases",
        name: "Vases & planters",
        intro: "Quiet shapes for what grows along the water's edge, on the sill or in the corner.",
        cover: "windowsill-planter",
        wait_ms: 1_200,
    },
];

const DISHWASHER: &str = "Dishwasher and oven, no flame";
const BY_HAND: &str = "Wipe clean, rinse by hand";

pub(crate) const PRODUCTS: [Product; 9] = [
    Product {
        slug: "dawn-mug",
        category: "cups",
        name: "Dawn mug",
        price_cents: 2_450,
        line: "A generous mug with a two-finger handle",
        story: "Dipped twice, once in cream and once in the pink of a sky at six. Where the glazes meet they \
                run a little, so no two dawns are the same.",
        size: "9 cm across, 10 cm high, holds 320 ml",
        glaze: "Cream and rose, over bare clay",
        care: DISHWASHER,
        alt: "A pink and cream mug with a round handle",
        flaw: Flaw::None,
    },
    Product {
        slug: "espresso-pair",
        category: "cups",
        name: "Espresso pair",
        price_cents: 3_200,
        line: "One blue, one white, both without a handle",
        story: "Thin at the lip and thick at the foot, so that the coffee stays hot and your fingers don't. \
                Sold together, because they would miss each other.",
        size: "7 cm across, 6 cm high, holds 90 ml each",
        glaze: "River blue and oat white",
        care: DISHWASHER,
        alt: "A blue and a white espresso cup, the white one filled with coffee",
        flaw: Flaw::None,
    },
    Product {
        slug: "drizzle-teapot",
        category: "cups",
        name: "Drizzle teapot",
        price_cents: 6_800,
        line: "Round, green and ready for rain",
        story: "A pot for four cups and a long conversation. The spout does not drip, which took us eleven \
                pots to get right, and the cane handle stays cool.",
        size: "24 cm across, holds 900 ml",
        glaze: "Willow green with a darker shoulder",
        care: "By hand; the handle is cane",
        alt: "A round green teapot with a cane handle",
        flaw: Flaw::None,
    },
    Product {
        slug: "tide-bowl",
        category: "bowls",
        name: "Tide bowl",
        price_cents: 2_995,
        line: "Rings of blue, like water drawing back",
        story: "The rings are painted on the turning wheel with one breath and one brush. Big enough for a \
                main dish, light enough for one hand.",
        size: "22 cm across, 8 cm high, holds 900 ml",
        glaze: "Delft blue on oat white",
        care: DISHWASHER,
        alt: "A wide blue bowl with painted rings inside",
        flaw: Flaw::None,
    },
    Product {
        slug: "polder-plates",
        category: "bowls",
        name: "Polder plates",
        price_cents: 9_400,
        line: "Four plates in the colours of fields",
        story: "Meadow, milk, brick and ditch water on a clear day. Flat in the middle with a low dike all \
                round, so that the gravy stays where it should.",
        size: "26 cm across, four in a set",
        glaze: "Four satin glazes",
        care: DISHWASHER,
        alt: "A stack of four plates in grey-green, terracotta, cream and green",
        flaw: Flaw::None,
    },
    Product {
        slug: "nesting-bowls",
        category: "bowls",
        name: "Nesting bowls",
        price_cents: 7_995,
        line: "Three bowls that live in one place",
        story: "For whisking, for serving, for olives. They are thrown from one lump of clay, cut in three, \
                and they shrink together in the fire.",
        size: "23, 18 and 13 cm across",
        glaze: "Brick, ochre and oat",
        care: DISHWASHER,
        alt: "Three nested bowls: brick red, ochre and cream",
        flaw: Flaw::None,
    },
    Product {
        slug: "reed-vase",
        category: "vases",
        name: "Reed vase",
        price_cents: 5_400,
        line: "A narrow neck for long stems",
        story: "Three glazes poured over each other from the lip down, left to find their own way to the \
                foot. A few stalks are enough. Reeds not included, but there are plenty along the water.",
        size: "28 cm high, 14 cm across",
        glaze: "Mist, grey-blue and deep water",
        care: BY_HAND,
        alt: "A blue bottle vase with bulrushes and grasses",
        flaw: Flaw::LatePicture,
    },
    Product {
        slug: "moon-jar",
        category: "vases",
        name: "Moon jar",
        price_cents: 14_500,
        line: "Two halves, joined at the equator",
        story: "After a Korean shape of three centuries ago: two bowls thrown apart and set rim to rim. The \
                seam shows if you look for it. The blush comes from the fire and can't be ordered.",
        size: "34 cm high, 34 cm across",
        glaze: "Milk white, finely crackled",
        care: BY_HAND,
        alt: "A large round white jar with a faint pink blush",
        flaw: Flaw::LateNotice,
    },
    Product {
        slug: "windowsill-planter",
        category: "vases",
        name: "Windowsill planter",
        price_cents: 3_875,
        line: "A pot with a saucer, for what needs light",
        story: "Unglazed, so that the roots can breathe, with a zigzag scratched through the slip by Noor, \
                who does not use a ruler. Comes with its saucer; the plant is ours.",
        size: "17 cm across, 15 cm high",
        glaze: "None; white slip",
        care: "Water from below",
        alt: "A terracotta pot with a white zigzag and a leafy plant",
        flaw: Flaw::None,
    },
];
