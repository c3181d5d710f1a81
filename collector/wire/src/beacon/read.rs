//! The usual beacon, read in one pass from simple JSON.
//!
//! It says once more, for speed, what serde's derived code says. A key that is missing here is not lost: it makes
//! the reader give up, and the beacon is read slowly. A property holds the two together.

use crate::beacon::{
    Beacon, Campaign, Conversion, Device, Landing, Rate, Session, ThirdParty, Timing, Version, Vitals,
};
use crate::json::{GaveUp, Read, Reader, once};
use crate::limits::SESSION_VIEWS_MAX;
use crate::text::{SiteId, Text};
use crate::url::HttpUrl;

impl<'a> Read<'a> for Beacon<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GaveUp> {
        let (mut v, mut site, mut id, mut kind, mut url) = (None::<Version>, None, None, None, None);
        let (mut referrer, mut page, mut channel, mut nav, mut session) = (None, None, None, None, None);
        let (mut campaign, mut device, mut tz, mut variant, mut source) = (None, None, None, None, None);
        let (mut region, mut check, mut rate, mut timing, mut vitals) = (None, None, None, None, None);
        let (mut third_party, mut conversion) = (None, None);
        reader.object(|reader, key| match key {
            "v" => once(reader, &mut v),
            "site" => once(reader, &mut site),
            "id" => once(reader, &mut id),
            "kind" => once(reader, &mut kind),
            "url" => once(reader, &mut url),
            "ref" => once(reader, &mut referrer),
            "page" => once(reader, &mut page),
            "channel" => once(reader, &mut channel),
            "nav" => once(reader, &mut nav),
            "session" => once(reader, &mut session),
            "campaign" => once(reader, &mut campaign),
            "device" => once(reader, &mut device),
            "tz" => once(reader, &mut tz),
            "variant" => once(reader, &mut variant),
            "source" => once(reader, &mut source),
            "region" => once(reader, &mut region),
            "check" => once(reader, &mut check),
            "rate" => once(reader, &mut rate),
            "timing" => once(reader, &mut timing),
            "vitals" => once(reader, &mut vitals),
            "third_party" => once(reader, &mut third_party),
            "conversion" => once(reader, &mut conversion),
            _ => Err(GaveUp),
        })?;
        Ok(Self {
            v: v.ok_or(GaveUp)?,
            site: site.ok_or(GaveUp)?,
            id: id.ok_or(GaveUp)?,
            kind: kind.ok_or(GaveUp)?,
            url: url.ok_or(GaveUp)?,
            referrer,
            page,
            channel,
            nav,
            session,
            campaign,
            device,
            tz,
            variant,
            source: source.unwrap_or_default(),
            region,
            check,
            rate: rate.unwrap_or_default(),
            timing,
            vitals,
            third_party: third_party.unwrap_or_default(),
            conversion,
        })
    }
}

impl<'a> Read<'a> for Session<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GaveUp> {
        let (mut id, mut n, mut landing) = (None, None, None);
        reader.object(|reader, key| match key {
            "id" => once(reader, &mut id),
            "n" => once(reader, &mut n),
            "landing" => once(reader, &mut landing),
            _ => Err(GaveUp),
        })?;
        let n = n.filter(|n| (1..=SESSION_VIEWS_MAX).contains(n));
        Ok(Self { id: id.ok_or(GaveUp)?, n: n.ok_or(GaveUp)?, landing })
    }
}

impl<'a> Read<'a> for Landing<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GaveUp> {
        let mut landing = Self::default();
        reader.object(|reader, key| match key {
            "lcp" => once(reader, &mut landing.lcp),
            "load" => once(reader, &mut landing.load),
            "ref" => once(reader, &mut landing.referrer),
            "page" => once(reader, &mut landing.page),
            "campaign" => once(reader, &mut landing.campaign),
            _ => Err(GaveUp),
        })?;
        Ok(landing)
    }
}

impl<'a> Read<'a> for Campaign<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GaveUp> {
        let mut campaign = Self::default();
        reader.object(|reader, key| match key {
            "source" => once(reader, &mut campaign.source),
            "medium" => once(reader, &mut campaign.medium),
            "name" => once(reader, &mut campaign.name),
            "click" => once(reader, &mut campaign.click),
            _ => Err(GaveUp),
        })?;
        Ok(campaign)
    }
}

impl<'a> Read<'a> for Conversion<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GaveUp> {
        let mut conversion = Self::default();
        reader.object(|reader, key| match key {
            "value" => once(reader, &mut conversion.value),
            "currency" => once(reader, &mut conversion.currency),
            "order" => once(reader, &mut conversion.order),
            "first" => once(reader, &mut conversion.first),
            _ => Err(GaveUp),
        })?;
        Ok(conversion)
    }
}

impl Read<'_> for Timing {
    fn read(reader: &mut Reader<'_>) -> Result<Self, GaveUp> {
        let mut timing = Self::default();
        reader.object(|reader, key| {
            let phase = match key {
                "redirect" => &mut timing.redirect,
                "dns" => &mut timing.dns,
                "connect" => &mut timing.connect,
                "tls" => &mut timing.tls,
                "ttfb" => &mut timing.ttfb,
                "response" => &mut timing.response,
                "dom_interactive" => &mut timing.dom_interactive,
                "dom_content_loaded" => &mut timing.dom_content_loaded,
                "load" => &mut timing.load,
                _ => return Err(GaveUp),
            };
            once(reader, phase)
        })?;
        Ok(timing)
    }
}

impl Read<'_> for Vitals {
    fn read(reader: &mut Reader<'_>) -> Result<Self, GaveUp> {
        let mut vitals = Self::default();
        reader.object(|reader, key| {
            let vital = match key {
                "ttfb" => &mut vitals.ttfb,
                "fcp" => &mut vitals.fcp,
                "lcp" => &mut vitals.lcp,
                "inp" => &mut vitals.inp,
                "cls" => &mut vitals.cls,
                _ => return Err(GaveUp),
            };
            once(reader, vital)
        })?;
        Ok(vitals)
    }
}

impl<'a> Read<'a> for ThirdParty<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GaveUp> {
        let (mut host, mut count, mut bytes, mut ms) = (None, None, None, None);
        reader.object(|reader, key| match key {
            "host" => once(reader, &mut host),
            "count" => once(reader, &mut count),
            "bytes" => once(reader, &mut bytes),
            "ms" => once(reader, &mut ms),
            _ => Err(GaveUp),
        })?;
        Ok(Self { host: host.ok_or(GaveUp)?, count, bytes, ms })
    }
}

impl Read<'_> for Device {
    fn read(reader: &mut Reader<'_>) -> Result<Self, GaveUp> {
        let mut device = Self::default();
        reader.object(|reader, key| match key {
            "w" => once(reader, &mut device.w),
            "h" => once(reader, &mut device.h),
            "dpr" => once(reader, &mut device.dpr),
            "touch" => once(reader, &mut device.touch),
            "memory" => once(reader, &mut device.memory),
            "ect" => once(reader, &mut device.ect),
            "mobile" => once(reader, &mut device.mobile),
            "webdriver" => once(reader, &mut device.webdriver),
            _ => Err(GaveUp),
        })?;
        Ok(device)
    }
}

impl Read<'_> for Version {
    fn read(reader: &mut Reader<'_>) -> Result<Self, GaveUp> {
        if u32::read(reader)? == 1 { Ok(Self) } else { Err(GaveUp) }
    }
}

impl Read<'_> for Rate {
    fn read(reader: &mut Reader<'_>) -> Result<Self, GaveUp> {
        Self::new(f64::read(reader)?).ok_or(GaveUp)
    }
}

impl<'a, const MAX: usize> Read<'a> for Text<'a, MAX> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GaveUp> {
        Self::new(reader.string()?).ok_or(GaveUp)
    }
}

impl<'a> Read<'a> for SiteId<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GaveUp> {
        Self::new(reader.string()?).ok_or(GaveUp)
    }
}

impl<'a> Read<'a> for HttpUrl<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GaveUp> {
        // Its text is a `Text` first, which has no control characters.
        Self::new(Text::<{ crate::limits::URL_BYTES_MAX }>::read(reader)?.into_inner()).ok_or(GaveUp)
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
            "channel": "direct", "nav": "navigate",
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
            "conversion": {"value": "59.95", "currency": "EUR", "order": "A123", "first": true},
        })
    }

    fn fast(text: &str) -> Option<Beacon<'_>> {
        json::read(text).ok()
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
    fn what_is_not_simple_is_left() {
        for (from, to) in [
            (r#""v":1"#, r#""v":1,"new":2"#),
            (r#""page":"product""#, r#""page":"pro\u0064uct""#),
            (r#""page":"product""#, r#""page":null"#),
            (r#""inp":96"#, r#""inp":-96"#),
            (r#""inp":96"#, r#""inp":96,"inp":96"#),
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
