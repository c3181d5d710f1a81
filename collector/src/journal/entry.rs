//! One accepted report as the journal keeps it: all that its counts depend on, and nothing that tells who it was.
//!
//! What is counted is always an entry that was read from here, at once or after a restart, so both ways give the
//! same counts. Neither addresses, URLs and user agents, nor the ids of reports, sessions and orders stand in it: of the
//! report's id and order there are keyed hashes, by which they are known again for ten minutes.

use std::mem;

use graadmeter_wire::{Currency, LeftOut};
use rust_decimal::Decimal;

use crate::aggregate::Admitted;
use crate::leb128;
use crate::measure::{Measures, Metric};
use crate::observation::{
    Channel, Country, Device, Event, Kept, LandingSpeed, Observation, SiteIndex, Spelled, ThirdParties,
    Visitor,
};

use super::values;

/// An accepted report.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'a> {
    /// When it came, in whole seconds of Unix time.
    pub unix_seconds: u32,
    /// The hash of what makes it one of its kind.
    pub report: u64,
    /// The hash of its order.
    pub order: Option<u64>,
    /// The values that were left out of it.
    pub left_out: LeftOut,
    /// Which cells it may have.
    pub admitted: Admitted,
    /// What was observed. Its numbers of site and channel are those of the configuration of its time.
    pub observation: Observation<'a>,
}

/// Bytes that are no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry of the journal is damaged")]
pub struct Damaged;

/// Bits of an entry's second part.
mod flag {
    pub(super) const ORDER: u8 = 1;
    pub(super) const LEFT_OUT: u8 = 1 << 1;
    pub(super) const CONVERSION: u8 = 1 << 2;
    pub(super) const CHECK: u8 = 1 << 3;
    pub(super) const LANDS: u8 = 1 << 4;
    pub(super) const VALUE: u8 = 1 << 4;
    pub(super) const ERRORS: u8 = 1 << 5;
    pub(super) const LANDING: u8 = 1 << 5;
    pub(super) const VISITOR: u8 = 1 << 6;
    pub(super) const PAGE: u8 = 1 << 7;
}

/// Bytes of an entry's length.
const LENGTH: usize = 4;

impl Entry<'_> {
    /// Appends this entry to a batch, which spells names where `spelled` says.
    pub fn write(&self, into: &mut Vec<u8>, spelled: &mut Spelled) {
        let begin = into.len();
        into.extend_from_slice(&[0; LENGTH]);
        into.extend_from_slice(&self.unix_seconds.to_le_bytes());
        into.extend_from_slice(&self.report.to_le_bytes());
        into.push(self.flags());
        if let Some(order) = self.order {
            into.extend_from_slice(&order.to_le_bytes());
        }
        if !self.left_out.is_empty() {
            leb128::append(self.left_out.bits().into(), into);
        }
        leb128::append(self.observation.site.0.into(), into);
        leb128::append(self.observation.weight, into);
        self.write_event(into, spelled);
        let length = (into.len() - begin - LENGTH) as u32; // a report is at most 16 KiB
        into[begin..begin + LENGTH].copy_from_slice(&length.to_le_bytes());
    }

    fn flags(&self) -> u8 {
        let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let of_event = match &self.observation.event {
            Event::View { lands, errors, .. } => bit(*lands, flag::LANDS) | bit(*errors > 0, flag::ERRORS),
            Event::Conversion { value, landing, .. } => {
                flag::CONVERSION | bit(value.is_some(), flag::VALUE) | bit(landing.is_some(), flag::LANDING)
            }
            Event::Check { .. } => flag::CHECK,
        };
        of_event
            | bit(self.order.is_some(), flag::ORDER)
            | bit(!self.left_out.is_empty(), flag::LEFT_OUT)
            | bit(self.admitted.visitor, flag::VISITOR)
            | bit(self.admitted.page, flag::PAGE)
    }

    fn write_event(&self, into: &mut Vec<u8>, spelled: &mut Spelled) {
        match &self.observation.event {
            Event::View { visitor, page, lands: _, measures, errors, third_party } => {
                write_visitor(visitor, into);
                write_text(page, into);
                values::append(measures, into);
                if *errors > 0 {
                    leb128::append((*errors).into(), into);
                }
                leb128::append(self.admitted.third_parties, into);
                third_party.keep(into, spelled);
            }
            Event::Conversion { visitor, value, landing } => {
                write_visitor(visitor, into);
                if let Some((currency, value)) = value {
                    into.extend_from_slice(currency.code().as_bytes());
                    into.extend_from_slice(&value.serialize());
                }
                if let Some(LandingSpeed { lcp, load }) = landing {
                    let mut measures = Measures::default();
                    measures.set(Metric::Lcp, *lcp);
                    measures.set(Metric::Load, *load);
                    values::append(&measures, into);
                }
            }
            Event::Check { check, region, device, measures } => {
                into.push(*device as u8);
                write_text(check, into);
                write_text(region, into);
                values::append(measures, into);
            }
        }
    }
}

fn write_visitor(visitor: &Visitor, into: &mut Vec<u8>) {
    into.push(visitor.device as u8);
    leb128::append(visitor.channel.0.into(), into);
    into.extend_from_slice(visitor.country.as_bytes());
}

fn write_text(text: &str, into: &mut Vec<u8>) {
    leb128::append(text.len() as u64, into);
    into.extend_from_slice(text.as_bytes());
}

/// The entries of a batch, one after the other, until one is damaged.
#[derive(Debug)]
pub struct Entries<'a> {
    batch: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Entries<'a> {
    /// Those of a batch, as [`Entry::write`] wrote them.
    #[must_use]
    pub fn of(batch: &'a [u8]) -> Self {
        Self { batch, rest: batch }
    }

    fn take(&mut self) -> Result<Entry<'a>, Damaged> {
        let mut rest = Bytes { batch: self.batch, rest: mem::take(&mut self.rest) };
        let length = u32::from_le_bytes(rest.array()?) as usize;
        let entry = Bytes { batch: self.batch, rest: rest.slice(length)? }.entry()?;
        self.rest = rest.rest;
        Ok(entry)
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.rest.is_empty()).then(|| self.take())
    }
}

/// What is still to be read of a batch.
struct Bytes<'a> {
    batch: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    fn entry(mut self) -> Result<Entry<'a>, Damaged> {
        let unix_seconds = u32::from_le_bytes(self.array()?);
        let report = u64::from_le_bytes(self.array()?);
        let [flags] = self.array()?;
        let has = |flag: u8| flags & flag != 0;
        let order = if has(flag::ORDER) { Some(u64::from_le_bytes(self.array()?)) } else { None };
        let left_out =
            if has(flag::LEFT_OUT) { LeftOut::from_bits(self.number()?) } else { LeftOut::default() };
        let site = SiteIndex(self.number()?);
        let weight = self.number()?;
        let mut admitted = Admitted { visitor: has(flag::VISITOR), page: has(flag::PAGE), third_parties: 0 };
        let event = match () {
            () if has(flag::CONVERSION) => self.conversion(has(flag::VALUE), has(flag::LANDING))?,
            () if has(flag::CHECK) => Event::Check {
                device: self.device()?,
                check: self.text()?,
                region: self.text()?,
                measures: self.measures()?,
            },
            () => {
                let (visitor, page) = (self.visitor()?, self.text()?);
                let measures = self.measures()?;
                let errors = if has(flag::ERRORS) { self.number()? } else { 0 };
                admitted.third_parties = self.number()?;
                let (batch, part) = (self.batch, mem::take(&mut self.rest));
                let third_party = ThirdParties::Kept(Kept { batch, part });
                Event::View { visitor, page, lands: has(flag::LANDS), measures, errors, third_party }
            }
        };
        let observation = Observation { site, weight, event };
        let is_whole = self.rest.is_empty();
        is_whole
            .then_some(Entry { unix_seconds, report, order, left_out, admitted, observation })
            .ok_or(Damaged)
    }

    fn conversion(&mut self, has_value: bool, has_landing: bool) -> Result<Event<'a>, Damaged> {
        let visitor = self.visitor()?;
        let value = if has_value {
            let code = str::from_utf8(self.slice(3)?).map_err(|_| Damaged)?;
            let currency = Currency::from_code(code).ok_or(Damaged)?;
            Some((currency, Decimal::deserialize(self.array()?)))
        } else {
            None
        };
        let landing = if has_landing {
            let measures = self.measures()?;
            Some(LandingSpeed { lcp: measures.get(Metric::Lcp), load: measures.get(Metric::Load) })
        } else {
            None
        };
        Ok(Event::Conversion { visitor, value, landing })
    }

    fn visitor(&mut self) -> Result<Visitor, Damaged> {
        let device = self.device()?;
        let channel = Channel(self.number()?);
        let country = Country::from_bytes(self.array()?).ok_or(Damaged)?;
        Ok(Visitor { device, channel, country })
    }

    fn device(&mut self) -> Result<Device, Damaged> {
        let [number] = self.array()?;
        Device::ALL.get(usize::from(number)).copied().ok_or(Damaged)
    }

    fn measures(&mut self) -> Result<Measures, Damaged> {
        values::take(&mut self.rest).ok_or(Damaged)
    }

    fn text(&mut self) -> Result<&'a str, Damaged> {
        let length = self.number()?;
        str::from_utf8(self.slice(length)?).map_err(|_| Damaged)
    }

    fn number<T: TryFrom<u64>>(&mut self) -> Result<T, Damaged> {
        leb128::take(&mut self.rest).and_then(|number| T::try_from(number).ok()).ok_or(Damaged)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], Damaged> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(Damaged)?;
        self.rest = rest;
        Ok(*array)
    }

    fn slice(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (slice, rest) = self.rest.split_at_checked(length).ok_or(Damaged)?;
        self.rest = rest;
        Ok(slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Micros;
    use graadmeter_wire::{Key, Text, ThirdParty};
    use proptest::option;
    use proptest::prelude::*;

    fn measures() -> impl Strategy<Value = Measures> {
        proptest::array::uniform14(option::of(0..600_000_001_u32)).prop_map(|values| {
            let mut measures = Measures::default();
            for (metric, value) in Metric::ALL.into_iter().zip(values) {
                measures.set(metric, value.map(Micros));
            }
            measures
        })
    }

    fn visitor() -> impl Strategy<Value = Visitor> {
        let device = proptest::sample::select(Device::ALL.to_vec());
        (device, any::<u16>(), "[A-Z]{2}", option::of("[A-Z0-9]{1,3}")).prop_map(
            |(device, channel, country, region)| {
                let country = Country::from_code(&country).unwrap();
                let region = region.and_then(|region| country.region(&region));
                Visitor { device, channel: Channel(channel), country: region.unwrap_or(country) }
            },
        )
    }

    /// What an event is made of.
    #[derive(Debug, Clone)]
    enum Parts {
        View(Visitor, String, bool, Measures, u32, Vec<(String, u32)>),
        Conversion(Visitor, Option<(u64, u32)>, Option<[Option<u32>; 2]>),
        Check(String, String, Device, Measures),
    }

    fn parts() -> impl Strategy<Value = Parts> {
        let hosts = proptest::collection::vec(("[a-z.]{1,20}", 0..600_000_u32), 0..32);
        let landing = option::of(proptest::array::uniform2(option::of(any::<u32>())));
        let device = proptest::sample::select(Device::ALL.to_vec());
        prop_oneof![
            (visitor(), ".{0,64}", any::<bool>(), measures(), any::<u32>(), hosts).prop_map(
                |(visitor, page, lands, measures, errors, hosts)| {
                    Parts::View(visitor, page, lands, measures, errors, hosts)
                }
            ),
            (visitor(), option::of((any::<u64>(), 0..7_u32)), landing)
                .prop_map(|(visitor, value, landing)| Parts::Conversion(visitor, value, landing)),
            (".{0,64}", ".{0,64}", device, measures())
                .prop_map(|(check, region, device, measures)| Parts::Check(check, region, device, measures)),
        ]
    }

    fn third_parties(hosts: &[(String, u32)]) -> Vec<ThirdParty<'_>> {
        hosts.iter().map(|(host, ms)| named(host, f64::from(*ms))).collect()
    }

    fn named(host: &str, ms: f64) -> ThirdParty<'_> {
        ThirdParty { host: Text::new(host).unwrap(), count: None, bytes: None, ms: Some(ms) }
    }

    fn event<'a>(parts: &'a Parts, hosts: &'a [ThirdParty<'a>]) -> Event<'a> {
        match parts {
            Parts::View(visitor, page, lands, measures, errors, _) => Event::View {
                visitor: *visitor,
                page,
                lands: *lands,
                measures: *measures,
                errors: *errors,
                third_party: ThirdParties::Told(hosts),
            },
            Parts::Conversion(visitor, value, landing) => Event::Conversion {
                visitor: *visitor,
                value: value.map(|(value, scale)| {
                    (Currency::from_code("EUR").unwrap(), Decimal::from_i128_with_scale(value.into(), scale))
                }),
                landing: landing
                    .map(|[lcp, load]| LandingSpeed { lcp: lcp.map(Micros), load: load.map(Micros) }),
            },
            Parts::Check(check, region, device, measures) => {
                Event::Check { check, region, device: *device, measures: *measures }
            }
        }
    }

    proptest! {
        #[test]
        fn entries_are_taken_as_they_were_written(
            all in proptest::collection::vec(
                (parts(), any::<u32>(), any::<u64>(), option::of(any::<u64>()), any::<u32>(), any::<(bool, bool, u64)>()),
                0..6,
            ),
            site: u16, weight: u64,
        ) {
            let hosts: Vec<_> = all.iter().map(|(parts, ..)| match parts {
                Parts::View(.., hosts) => third_parties(hosts),
                _ => Vec::new(),
            }).collect();
            let entries: Vec<_> = all.iter().zip(&hosts).map(|((parts, unix_seconds, report, order, left_out, admitted), hosts)| {
                let third_parties = if matches!(parts, Parts::View(..)) { admitted.2 } else { 0 };
                Entry {
                    unix_seconds: *unix_seconds,
                    report: *report,
                    order: *order,
                    left_out: LeftOut::from_bits(*left_out),
                    admitted: Admitted { visitor: admitted.0, page: admitted.1, third_parties },
                    observation: Observation { site: SiteIndex(site), weight, event: event(parts, hosts) },
                }
            }).collect();
            let (mut bytes, mut spelled) = (Vec::new(), Spelled::default());
            for entry in &entries {
                entry.write(&mut bytes, &mut spelled);
            }
            let taken: Result<Vec<_>, _> = Entries::of(&bytes).collect();
            prop_assert_eq!(taken.as_ref(), Ok(&entries));
            if !bytes.is_empty() {
                prop_assert_eq!(Entries::of(&bytes[..bytes.len() - 1]).last(), Some(Err(Damaged)));
            }
        }

        #[test]
        fn what_is_no_entry_is_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut framed = (bytes.len() as u32).to_le_bytes().to_vec();
            framed.extend_from_slice(&bytes);
            let taken: Vec<_> = Entries::of(&framed).collect();
            prop_assert!(taken == [Err(Damaged)] || matches!(taken[..], [Ok(_)] | []), "{:?}", taken);
        }
    }

    #[test]
    fn every_key_can_be_left_out() {
        let all = LeftOut::from_bits(u32::MAX);
        assert_eq!(all.keys().count(), Key::ALL.len());
    }
}
