//! The names of cells as they are stored: in words, since numbers are another configuration's.

use crate::aggregate::Host;
use crate::aggregate::cells::{CheckKey, PageKey};
use crate::config::Site;
use crate::leb128;
use crate::observation::{Channel, Country, Device, Visitor};
use crate::place::channel::Standard;

/// The name of a cell.
pub(super) trait CellName: Sized {
    /// Appends it.
    fn write(&self, site: &Site, into: &mut Vec<u8>);

    /// Takes what was written.
    fn read(site: &Site, from: &mut &[u8]) -> Option<Self>;
}

impl CellName for Visitor {
    fn write(&self, site: &Site, into: &mut Vec<u8>) {
        write_word(self.device.name(), into);
        write_word(site.places.channels.name(self.channel), into);
        into.extend_from_slice(self.country.as_bytes());
    }

    fn read(site: &Site, from: &mut &[u8]) -> Option<Self> {
        let device = read_device(from)?;
        let channel = read_word(from)?;
        let number = site.places.channels.names().position(|name| name == channel);
        let channel = Channel(number.map_or(Standard::Other as u16, |number| number as u16));
        let (country, rest) = from.split_first_chunk()?;
        *from = rest;
        Some(Self { device, channel, country: Country::from_bytes(*country)? })
    }
}

impl CellName for PageKey {
    fn write(&self, _site: &Site, into: &mut Vec<u8>) {
        write_word(self.device.name(), into);
        write_word(&self.page, into);
    }

    fn read(_site: &Site, from: &mut &[u8]) -> Option<Self> {
        Some(Self { device: read_device(from)?, page: read_word(from)?.into() })
    }
}

impl CellName for CheckKey {
    fn write(&self, _site: &Site, into: &mut Vec<u8>) {
        write_word(self.device.name(), into);
        write_word(&self.check, into);
        write_word(&self.region, into);
    }

    fn read(_site: &Site, from: &mut &[u8]) -> Option<Self> {
        Some(Self {
            device: read_device(from)?,
            check: read_word(from)?.into(),
            region: read_word(from)?.into(),
        })
    }
}

impl CellName for Host {
    fn write(&self, _site: &Site, into: &mut Vec<u8>) {
        write_word(self, into);
    }

    fn read(_site: &Site, from: &mut &[u8]) -> Option<Self> {
        read_word(from).map(Self::from)
    }
}

fn write_word(word: &str, into: &mut Vec<u8>) {
    leb128::append(word.len() as u64, into);
    into.extend_from_slice(word.as_bytes());
}

fn read_word<'a>(from: &mut &'a [u8]) -> Option<&'a str> {
    let length = usize::try_from(leb128::take(from)?).ok()?;
    let (word, rest) = from.split_at_checked(length)?;
    *from = rest;
    str::from_utf8(word).ok()
}

fn read_device(from: &mut &[u8]) -> Option<Device> {
    let name = read_word(from)?;
    Device::ALL.into_iter().find(|device| device.name() == name)
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn comes_back<N: CellName + PartialEq + Debug>(site: &Site, name: &N) {
        let mut bytes = Vec::new();
        name.write(site, &mut bytes);
        let mut rest = &bytes[..];
        assert_eq!(N::read(site, &mut rest).as_ref(), Some(name));
        assert!(rest.is_empty());
        for length in 0..bytes.len() {
            assert_eq!(N::read(site, &mut &bytes[..length]), None, "{length}");
        }
    }

    #[test]
    fn names_come_back_as_they_were_and_not_from_less() {
        let config = Config::parse("[[site]]\nid = \"shop\"\norigins = [\"*\"]", Path::new(".")).unwrap();
        let site = &config.sites[0];
        let region = Country::from_code("NL").and_then(|country| country.region("NH")).unwrap();
        for country in [Country::UNKNOWN, Country::OVERFLOW, region] {
            comes_back(site, &Visitor { device: Device::Tablet, channel: Channel(3), country });
        }
        let page = Box::from("product");
        comes_back(site, &PageKey { device: Device::Other, page });
        comes_back(site, &CheckKey { device: Device::Desktop, check: "home".into(), region: "eu".into() });
        comes_back(site, &Host::from("cdn.example.net"));
    }
}
