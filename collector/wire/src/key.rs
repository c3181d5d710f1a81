//! The measured values of a beacon: their names on the wire and the largest value each can have.
//!
//! One browser's quirk must not cost good data: an impossible value is left out and counted by its
//! key, and the rest of the beacon is kept.

use crate::limits;

/// A value that was measured and so can be impossible, named by its place in the beacon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)] // Each variant is its own name; see `Key::name`.
pub enum Key {
    VitalsTtfb,
    VitalsFcp,
    VitalsLcp,
    VitalsInp,
    VitalsCls,
    TimingRedirect,
    TimingDns,
    TimingConnect,
    TimingTls,
    TimingTtfb,
    TimingResponse,
    TimingDomInteractive,
    TimingDomContentLoaded,
    TimingLoad,
    LandingLcp,
    LandingLoad,
    DeviceW,
    DeviceH,
    DeviceDpr,
    DeviceTouch,
    DeviceMemory,
    ThirdParty,
    ThirdPartyCount,
    ThirdPartyBytes,
    ThirdPartyMs,
    ConversionValue,
    // Further on, since their numbers are stored.
    CauseUntil,
    Marks,
    MarksMs,
    Errors,
}

impl Key {
    /// Every key, by its number.
    pub const ALL: [Self; 30] = [
        Self::VitalsTtfb,
        Self::VitalsFcp,
        Self::VitalsLcp,
        Self::VitalsInp,
        Self::VitalsCls,
        Self::TimingRedirect,
        Self::TimingDns,
        Self::TimingConnect,
        Self::TimingTls,
        Self::TimingTtfb,
        Self::TimingResponse,
        Self::TimingDomInteractive,
        Self::TimingDomContentLoaded,
        Self::TimingLoad,
        Self::LandingLcp,
        Self::LandingLoad,
        Self::DeviceW,
        Self::DeviceH,
        Self::DeviceDpr,
        Self::DeviceTouch,
        Self::DeviceMemory,
        Self::ThirdParty,
        Self::ThirdPartyCount,
        Self::ThirdPartyBytes,
        Self::ThirdPartyMs,
        Self::ConversionValue,
        Self::CauseUntil,
        Self::Marks,
        Self::MarksMs,
        Self::Errors,
    ];

    /// The key as the beacon writes it, with dots between levels.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VitalsTtfb => "vitals.ttfb",
            Self::VitalsFcp => "vitals.fcp",
            Self::VitalsLcp => "vitals.lcp",
            Self::VitalsInp => "vitals.inp",
            Self::VitalsCls => "vitals.cls",
            Self::TimingRedirect => "timing.redirect",
            Self::TimingDns => "timing.dns",
            Self::TimingConnect => "timing.connect",
            Self::TimingTls => "timing.tls",
            Self::TimingTtfb => "timing.ttfb",
            Self::TimingResponse => "timing.response",
            Self::TimingDomInteractive => "timing.dom_interactive",
            Self::TimingDomContentLoaded => "timing.dom_content_loaded",
            Self::TimingLoad => "timing.load",
            Self::LandingLcp => "session.landing.lcp",
            Self::LandingLoad => "session.landing.load",
            Self::DeviceW => "device.w",
            Self::DeviceH => "device.h",
            Self::DeviceDpr => "device.dpr",
            Self::DeviceTouch => "device.touch",
            Self::DeviceMemory => "device.memory",
            Self::ThirdParty => "third_party",
            Self::ThirdPartyCount => "third_party.count",
            Self::ThirdPartyBytes => "third_party.bytes",
            Self::ThirdPartyMs => "third_party.ms",
            Self::ConversionValue => "conversion.value",
            Self::CauseUntil => "cause.until",
            Self::Marks => "marks",
            Self::MarksMs => "marks.ms",
            Self::Errors => "errors",
        }
    }

    /// The largest value that is believed, in the unit of the wire.
    #[must_use]
    pub fn max(self) -> f64 {
        match self {
            Self::VitalsInp => limits::INP_MS_MAX,
            Self::VitalsCls => limits::CLS_MAX,
            Self::DeviceW | Self::DeviceH => limits::SCREEN_SIDE_MAX,
            Self::DeviceDpr => limits::PIXEL_RATIO_MAX,
            Self::DeviceTouch => limits::TOUCH_POINTS_MAX,
            Self::DeviceMemory => limits::MEMORY_GIB_MAX,
            Self::ThirdParty => limits::THIRD_PARTIES_MAX as f64,
            Self::ThirdPartyCount => limits::THIRD_PARTY_REQUESTS_MAX,
            Self::ThirdPartyBytes => limits::THIRD_PARTY_BYTES_MAX,
            Self::ConversionValue => limits::AMOUNT_MAX,
            Self::Marks => limits::MARKS_MAX as f64,
            Self::Errors => limits::ERRORS_MAX,
            _ => limits::TIMING_MS_MAX,
        }
    }

    /// Empties `value` and notes this key when the value can't be.
    pub(crate) fn keep_possible(self, value: &mut Option<f64>, left_out: &mut LeftOut) {
        if value.is_some_and(|value| !(0.0..=self.max()).contains(&value)) {
            *value = None;
            left_out.add(self);
        }
    }
}

/// The keys whose values were left out of one beacon, each at most once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut(u32);

impl LeftOut {
    pub(crate) fn add(&mut self, key: Key) {
        self.0 |= 1 << key as u8;
    }

    /// A bit for each key, by its number.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The keys with these bits; those that no key has are left out.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        Self(bits & ((1 << Key::ALL.len()) - 1))
    }

    /// Whether everything was kept.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The keys, by their numbers.
    pub fn keys(self) -> impl Iterator<Item = Key> {
        Key::ALL.into_iter().filter(move |&key| self.0 & (1 << key as u8) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_own_bit_and_name() {
        let mut all = LeftOut::default();
        for key in Key::ALL {
            all.add(key);
        }
        assert!(all.keys().eq(Key::ALL));
        let names: std::collections::BTreeSet<_> = Key::ALL.iter().map(|key| key.name()).collect();
        assert_eq!(names.len(), Key::ALL.len());
    }

    #[test]
    fn only_possible_values_stay() {
        for (value, stays) in
            [(0.0, true), (600_000.0, true), (-0.001, false), (600_000.1, false), (f64::NAN, false)]
        {
            let (mut kept, mut left_out) = (Some(value), LeftOut::default());
            Key::VitalsLcp.keep_possible(&mut kept, &mut left_out);
            assert_eq!((kept.is_some(), left_out.is_empty()), (stays, stays), "{value}");
        }
    }
}
