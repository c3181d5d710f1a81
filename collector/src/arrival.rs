//! What a request tells besides its body: who sent it, from which page, with which browser.

use std::net::{IpAddr, Ipv4Addr};

/// The facts of one request that judging and placing look at.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The client, as the socket or a trusted proxy says. Used for geography and limits, kept nowhere.
    pub client: IpAddr,
    /// `Origin`
    pub origin: Option<&'a str>,
    /// `User-Agent`
    pub user_agent: &'a str,
    /// `Sec-CH-UA-Mobile`
    pub hint_mobile: Option<bool>,
    /// `Sec-CH-UA-Platform`, without its quotes.
    pub hint_platform: Option<&'a str>,
    /// `Sec-CH-UA-Form-Factors`, a list of quoted words.
    pub hint_form_factors: Option<&'a str>,
    /// The country that a trusted proxy or CDN says.
    pub country: Option<&'a str>,
}

impl Arrival<'_> {
    /// For a report that does not come from the visitor's own browser: nothing of the request is his.
    pub const NOBODY: Self = Self {
        client: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        origin: None,
        user_agent: "",
        hint_mobile: None,
        hint_platform: None,
        hint_form_factors: None,
        country: None,
    };
}
