//! The usual beacon, read in one pass from simple JSON.
//!
//! Keys stand in the order in which beacon-js writes them, which is the order in which they are found fastest.
//!
//! It says once more, for speed, what serde's derived code says. A key that is missing here is not lost: it makes
//! the reader give up, and the beacon is read slowly. A property holds the two together.

use crate::beacon::{
    Beacon, Campaign, Cause, Conversion, Device, Landing, Marks, Part, Rate, Session, ThirdParty, Timing,
    Version, Vitals,
};
use crate::id::HexId;
use crate::json::{GaveUp, Read, Reader};
use crate::limits::{SESSION_VIEWS_MAX, URL_BYTES_MAX};
use crate::text::{SiteId, Text};
use crate::url::HttpUrl;

impl<'a> Beacon<'a> {
    /// Reads a beacon in the place of this one, which has nothing but its required keys. It is large, so it is read
    /// where it will stay. When the reader gives up, what stands there has no meaning.
    pub(crate) fn read(&mut self, reader: &mut Reader<'a>) -> Result<(), GaveUp> {
        let (mut v, mut site, mut id, mut kind, mut url) = (None::<Version>, None, None, None, None);
        let (mut source, mut rate, mut third_party, mut marks) = (None, None, None, None);
        reader.object(|reader| {
            reader.field("v", &mut v)?;
            reader.field("site", &mut site)?;
            reader.field("url", &mut url)?;
            reader.field("ref", &mut self.referrer)?;
            reader.field("nav", &mut self.nav)?;
            reader.field("campaign", &mut self.campaign)?;
            reader.field("device", &mut self.device)?;
            reader.field("tz", &mut self.tz)?;
            reader.field("page", &mut self.page)?;
            reader.field("stage", &mut self.stage)?;
            reader.field("variant", &mut self.variant)?;
            reader.field("channel", &mut self.channel)?;
            reader.field("rate", &mut rate)?;
            reader.field("session", &mut self.session)?;
            reader.field("id", &mut id)?;
            reader.field("kind", &mut kind)?;
            reader.field("vitals", &mut self.vitals)?;
            reader.field("cause", &mut self.cause)?;
            reader.field("third_party", &mut third_party)?;
            reader.field("timing", &mut self.timing)?;
            reader.field("errors", &mut self.errors)?;
            reader.field("marks", &mut marks)?;
            reader.field("conversion", &mut self.conversion)?;
            reader.field("source", &mut source)?;
            reader.field("region", &mut self.region)?;
            reader.field("check", &mut self.check)?;
            Ok(())
        })?;
        self.v = v.ok_or(GaveUp)?;
        self.site = site.ok_or(GaveUp)?;
        self.id = id.ok_or(GaveUp)?;
        self.kind = kind.ok_or(GaveUp)?;
        self.url = url.ok_or(GaveUp)?;
        self.source = source.unwrap_or_default();
        self.rate = rate.unwrap_or_default();
        self.third_party = third_party.unwrap_or_default();
        self.marks = marks.unwrap_or_default();
        Ok(())
    }
}

impl<'a> Read<'a> for Session<'a> {
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let (mut id, mut n) = (None, None);
        let session = place.insert(Self { id: HexId::from(0), n: 0, landing: None });
        reader.object(|reader| {
            reader.field("id", &mut id)?;
            reader.field("n", &mut n)?;
            reader.field("landing", &mut session.landing)?;
            Ok(())
        })?;
        session.id = id.ok_or(GaveUp)?;
        session.n = n.filter(|n| (1..=SESSION_VIEWS_MAX).contains(n)).ok_or(GaveUp)?;
        Ok(())
    }
}

impl<'a> Read<'a> for Landing<'a> {
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let landing = place.insert(Self::default());
        reader.object(|reader| {
            reader.field("lcp", &mut landing.lcp)?;
            reader.field("load", &mut landing.load)?;
            reader.field("ref", &mut landing.referrer)?;
            reader.field("page", &mut landing.page)?;
            reader.field("campaign", &mut landing.campaign)?;
            Ok(())
        })
    }
}

impl<'a> Read<'a> for Campaign<'a> {
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let campaign = place.insert(Self::default());
        reader.object(|reader| {
            reader.field("source", &mut campaign.source)?;
            reader.field("medium", &mut campaign.medium)?;
            reader.field("name", &mut campaign.name)?;
            reader.field("click", &mut campaign.click)?;
            Ok(())
        })
    }
}

impl<'a> Read<'a> for Conversion<'a> {
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let conversion = place.insert(Self::default());
        reader.object(|reader| {
            reader.field("value", &mut conversion.value)?;
            reader.field("currency", &mut conversion.currency)?;
            reader.field("order", &mut conversion.order)?;
            reader.field("first", &mut conversion.first)?;
            Ok(())
        })
    }
}

impl Read<'_> for Timing {
    fn read(reader: &mut Reader<'_>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let timing = place.insert(Self::default());
        reader.object(|reader| {
            reader.field("redirect", &mut timing.redirect)?;
            reader.field("dns", &mut timing.dns)?;
            reader.field("connect", &mut timing.connect)?;
            reader.field("tls", &mut timing.tls)?;
            reader.field("ttfb", &mut timing.ttfb)?;
            reader.field("response", &mut timing.response)?;
            reader.field("dom_interactive", &mut timing.dom_interactive)?;
            reader.field("dom_content_loaded", &mut timing.dom_content_loaded)?;
            reader.field("load", &mut timing.load)?;
            Ok(())
        })
    }
}

impl Read<'_> for Vitals {
    fn read(reader: &mut Reader<'_>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let vitals = place.insert(Self::default());
        reader.object(|reader| {
            reader.field("ttfb", &mut vitals.ttfb)?;
            reader.field("fcp", &mut vitals.fcp)?;
            reader.field("lcp", &mut vitals.lcp)?;
            reader.field("inp", &mut vitals.inp)?;
            reader.field("cls", &mut vitals.cls)?;
            Ok(())
        })
    }
}

impl<'a> Read<'a> for Cause<'a> {
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let cause = place.insert(Self::default());
        reader.object(|reader| {
            reader.field("lcp", &mut cause.lcp)?;
            reader.field("inp", &mut cause.inp)?;
            reader.field("cls", &mut cause.cls)?;
            Ok(())
        })
    }
}

impl<'a> Read<'a> for Part<'a> {
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let part = place.insert(Self::default());
        reader.object(|reader| {
            reader.field("target", &mut part.target)?;
            reader.field("until", &mut part.until)?;
            Ok(())
        })
    }
}

impl Read<'_> for [f64; 2] {
    fn read(reader: &mut Reader<'_>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let (mut moments, mut read) = ([0.0; 2], 0);
        reader.array(|reader| {
            let mut moment = None;
            f64::read(reader, &mut moment)?;
            *moments.get_mut(read).ok_or(GaveUp)? = moment.ok_or(GaveUp)?;
            read += 1;
            Ok(())
        })?;
        *place = (read == 2).then_some(moments);
        place.map(|_| ()).ok_or(GaveUp)
    }
}

impl<'a> Read<'a> for Marks<'a> {
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let marks = place.insert(Self::default());
        reader.entries(|reader| {
            let (mut name, mut ms) = (None, None);
            Text::read(reader, &mut name)?;
            reader.colon()?;
            f64::read(reader, &mut ms)?;
            if marks.add(name.ok_or(GaveUp)?, ms) { Ok(()) } else { Err(GaveUp) }
        })
    }
}

impl<'a> Read<'a> for ThirdParty<'a> {
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let (mut host, mut count, mut bytes, mut ms) = (None, None, None, None);
        reader.object(|reader| {
            reader.field("host", &mut host)?;
            reader.field("count", &mut count)?;
            reader.field("bytes", &mut bytes)?;
            reader.field("ms", &mut ms)?;
            Ok(())
        })?;
        *place = Some(Self { host: host.ok_or(GaveUp)?, count, bytes, ms });
        Ok(())
    }
}

impl Read<'_> for Device {
    fn read(reader: &mut Reader<'_>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let device = place.insert(Self::default());
        reader.object(|reader| {
            reader.field("w", &mut device.w)?;
            reader.field("h", &mut device.h)?;
            reader.field("dpr", &mut device.dpr)?;
            reader.field("touch", &mut device.touch)?;
            reader.field("memory", &mut device.memory)?;
            reader.field("ect", &mut device.ect)?;
            reader.field("mobile", &mut device.mobile)?;
            reader.field("webdriver", &mut device.webdriver)?;
            Ok(())
        })
    }
}

impl Read<'_> for Version {
    fn read(reader: &mut Reader<'_>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let mut number = None;
        u32::read(reader, &mut number)?;
        *place = (number == Some(1)).then_some(Self);
        place.map(|_| ()).ok_or(GaveUp)
    }
}

impl Read<'_> for Rate {
    fn read(reader: &mut Reader<'_>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let mut rate = None;
        f64::read(reader, &mut rate)?;
        *place = rate.and_then(Self::new);
        place.map(|_| ()).ok_or(GaveUp)
    }
}

impl<'a, const MAX: usize> Read<'a> for Text<'a, MAX> {
    #[inline]
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let text = reader.string()?;
        *place = if reader.is_ascii() { Self::printable(text) } else { Self::new(text) };
        if place.is_some() { Ok(()) } else { Err(GaveUp) }
    }
}

impl<'a> Read<'a> for SiteId<'a> {
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        *place = Some(Self::new(reader.string()?).ok_or(GaveUp)?);
        Ok(())
    }
}

impl<'a> Read<'a> for HttpUrl<'a> {
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        // Its text is a `Text` first, which has no control characters.
        let mut text = None::<Text<'a, URL_BYTES_MAX>>;
        Text::read(reader, &mut text)?;
        *place = Some(text.and_then(|text| Self::new(text.into_inner())).ok_or(GaveUp)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::object::Object;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// A beacon with every key there is.
    fn full() -> Value {
        let campaign = json!({"source": "google", "medium": "cpc", "name": "winter", "click": "gclid"});
        json!({
            "v": 1, "site": "shop", "id": "5e0c1f5e0c1f5e0c", "kind": "conversion",
            "url": "https://www.shop.example/p/123", "ref": "https://www.google.com/", "page": "product",
            "stage": "interest", "channel": "direct", "nav": "navigate",
            "session": {"id": "9f8a9f8a9f8a9f8a", "n": 3, "landing": {
                "lcp": 1830.25, "load": 2210, "ref": "", "page": "home", "campaign": campaign}},
            "campaign": campaign,
            "device": {"w": 390, "h": 844, "dpr": 2.625, "touch": 5, "memory": 4, "ect": "4g", "mobile": true,
                "webdriver": false},
            "tz": "Europe/Amsterdam", "variant": "b", "source": "probe", "region": "eu", "check": "home",
            "rate": 0.5,
            "timing": {"redirect": 0, "dns": 12.5, "connect": 23, "tls": 31, "ttfb": 184, "response": 40,
                "dom_interactive": 700, "dom_content_loaded": 820, "load": 1632},
            "vitals": {"ttfb": 184.5, "fcp": 912.4, "lcp": 1843.2, "inp": 96, "cls": 0.034},
            "third_party": [{"host": "cdn.example.net", "count": 12, "bytes": 84213, "ms": 312.75}],
            "cause": {"lcp": {"target": "img.hero", "until": [412.5, 1630]},
                "inp": {"target": "#buy", "until": [12, 80.5]}, "cls": {"target": "div.banner", "until": [1, 2]}},
            "marks": {"hero": 812.5}, "errors": 2,
            "conversion": {"value": "59.95", "currency": "EUR", "order": "A123", "first": true},
        })
    }

    fn fast(text: &str) -> Option<Beacon<'_>> {
        let mut beacon = Beacon::blank();
        json::read(text, |reader| beacon.read(reader)).ok().map(|()| beacon)
    }

    fn slow(text: &str) -> Option<Beacon<'_>> {
        serde_json::from_str(text).ok().map(|Object(beacon)| beacon)
    }

    /// Every value, at whatever depth.
    fn values(value: &mut Value) -> Vec<&mut Value> {
        match value {
            Value::Object(fields) => fields.values_mut().flat_map(values).collect(),
            Value::Array(items) => items.iter_mut().flat_map(values).collect(),
            leaf => vec![leaf],
        }
    }

    /// With the keys of each object in the opposite order.
    fn backwards(value: &Value) -> String {
        let join = |items: Vec<String>| items.join(",");
        match value {
            Value::Object(fields) => {
                let fields = fields.iter().rev();
                format!(
                    "{{{}}}",
                    join(fields.map(|(key, value)| format!("\"{key}\":{}", backwards(value))).collect())
                )
            }
            Value::Array(items) => format!("[{}]", join(items.iter().map(backwards).collect())),
            leaf => leaf.to_string(),
        }
    }

    fn odd_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (0.0..1e7_f64).prop_map(|number| Value::from((number * 1e3).round() / 1e3)),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[ -~é]{0,70}".prop_map(Value::from),
            Just(json!({})),
            Just(json!([[], {"a": 1}])),
        ]
    }

    #[test]
    fn knows_every_key() {
        let text = full().to_string();
        let beacon = fast(&text).expect("simple JSON");
        assert!(!format!("{beacon:?}").contains("None"), "a key is missing above: {beacon:?}");
        assert_eq!(Some(beacon), slow(&text));
        assert_eq!(fast(&serde_json::to_string_pretty(&full()).unwrap()), slow(&text));
    }

    #[test]
    fn keys_come_in_any_order() {
        let text = full().to_string();
        let backwards = backwards(&full());
        assert!(backwards.len() == text.len() && backwards != text);
        assert_eq!(fast(&backwards), slow(&text));
        assert!(fast(&backwards).is_some());
    }

    #[test]
    fn what_is_not_simple_is_left() {
        for (from, to) in [
            (r#""v":1"#, r#""v":1,"new":2"#),
            (r#""page":"product""#, r#""page":"pro\u0064uct""#),
            (r#""page":"product""#, r#""page":null"#),
            (r#""inp":96"#, r#""inp":-96"#),
            (r#""inp":96"#, r#""inp":96,"inp":96"#),
            (r#""inp":96"#, r#""inp":96e1"#),
            (r#""inp":96"#, r#""inp":096"#),
            (r#""inp":96"#, r#""inp":9.6.1"#),
            (r#""inp":96"#, r#""inp2":96"#),
            (r#""page":"product""#, "\"page\":\"pro\u{7f}duct\""),
            (r#""page":"product""#, "\"page\":\"pro\u{85}duct\""),
            (r#""page":"product""#, r#""page":"product","#),
        ] {
            let text = full().to_string().replace(from, to);
            assert!(text.contains(to) && fast(&text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn odd_values_are_read_as_serde_reads_them(edits in proptest::collection::vec((any::<prop::sample::Index>(), odd_value()), 1..4)) {
            let mut value = full();
            for (at, odd) in edits {
                let mut all = values(&mut value);
                let at = at.index(all.len());
                *all[at] = odd;
            }
            let text = value.to_string();
            if let Some(beacon) = fast(&text) {
                prop_assert_eq!(Some(beacon), slow(&text));
            }
        }

        #[test]
        fn broken_text_is_read_as_serde_reads_it(
            cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..4_usize, "[ -~\u{1}]{0,3}"), 1..4)
        ) {
            let mut text = full().to_string();
            for (at, length, with) in cuts {
                let at = at.index(text.len());
                text.replace_range(at..(at + length).min(text.len()), &with);
            }
            if let Some(beacon) = fast(&text) {
                prop_assert_eq!(Some(beacon), slow(&text));
            }
        }
    }
}
