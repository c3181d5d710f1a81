//! The header fields that matter here, found in one pass over a request's head.

use graadmeter_base::serve::Fields;

/// The values of the fields that matter; of one that comes more than once the first. `X-Forwarded-For`, of which all
/// count, is read where the client is looked for.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Told<'a> {
    pub content_type: Option<&'a [u8]>,
    pub content_encoding: Option<&'a [u8]>,
    pub origin: Option<&'a [u8]>,
    pub user_agent: Option<&'a [u8]>,
    pub fetch_mode: Option<&'a [u8]>,
    pub hint_mobile: Option<&'a [u8]>,
    pub hint_platform: Option<&'a [u8]>,
    pub hint_form_factors: Option<&'a [u8]>,
    /// Of the field in which a proxy or CDN says the country.
    pub country: Option<&'a [u8]>,
}

impl<'a> Told<'a> {
    /// Finds them; `country` is the name of the field that says the country, in lower case.
    pub(super) fn of(fields: &'a impl Fields, country: Option<&str>) -> Self {
        let mut told = Self::default();
        fields.each(|name, value| {
            // A name's length tells nearly all of them apart.
            let (wanted, place) = match name.len() {
                6 => ("origin", &mut told.origin),
                10 => ("user-agent", &mut told.user_agent),
                12 => ("content-type", &mut told.content_type),
                14 => ("sec-fetch-mode", &mut told.fetch_mode),
                16 if name.starts_with(['c', 'C']) => ("content-encoding", &mut told.content_encoding),
                16 => ("sec-ch-ua-mobile", &mut told.hint_mobile),
                18 => ("sec-ch-ua-platform", &mut told.hint_platform),
                22 => ("sec-ch-ua-form-factors", &mut told.hint_form_factors),
                _ => ("", &mut None),
            };
            if place.is_none() && name.eq_ignore_ascii_case(wanted) {
                *place = Some(value);
            }
            if country.is_some_and(|country| name.eq_ignore_ascii_case(country)) {
                told.country.get_or_insert(value);
            }
        });
        told
    }
}

/// A value of visible characters only.
pub(super) fn text(value: &[u8]) -> Option<&str> {
    // All of them, since nearly always there is no other, and without a way out many are looked at together.
    let is_text = value.iter().fold(true, |all, byte| all & matches!(byte, b' '..=b'~' | b'\t'));
    str::from_utf8(value).ok().filter(|_| is_text)
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn finds_each_where_it_belongs() {
        let names = [
            "content-type",
            "content-encoding",
            "origin",
            "user-agent",
            "sec-fetch-mode",
            "sec-ch-ua-mobile",
            "sec-ch-ua-platform",
            "sec-ch-ua-form-factors",
            "cf-ipcountry",
        ];
        let mut headers = HeaderMap::new();
        for name in names {
            let name = HeaderName::from_static(name);
            headers.append(name.clone(), HeaderValue::from_str(name.as_str()).unwrap());
            headers.append(name, HeaderValue::from_static("again"));
        }
        headers.append("sec-fetch-site", HeaderValue::from_static("of the same length"));
        let told = Told::of(&headers, Some("cf-ipcountry"));
        let found = [
            told.content_type,
            told.content_encoding,
            told.origin,
            told.user_agent,
            told.fetch_mode,
            told.hint_mobile,
            told.hint_platform,
            told.hint_form_factors,
            told.country,
        ];
        assert_eq!(found.map(|value| value.and_then(text)), names.map(Some));
        assert_eq!(Told::of(&headers, None).country, None);
        // Even one that has another meaning, too.
        assert_eq!(Told::of(&headers, Some("origin")).country.and_then(text), Some("origin"));
    }
}
