//! What the browser or probe measured: phases, vitals, third parties, the device.

use serde::{Deserialize, Serialize};

use crate::key::{Key, LeftOut};
use crate::limits::HOST_BYTES_MAX;
use crate::text::Text;

use super::words::EffectiveType;

/// Phases of the navigation, in milliseconds (Navigation Timing Level 2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Following redirects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<f64>,
    /// Resolving the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<f64>,
    /// Connecting, without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<f64>,
    /// The TLS handshake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<f64>,
    /// From the navigation's start to the first byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttfb: Option<f64>,
    /// From the first byte to the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<f64>,
    /// From the navigation's start to `domInteractive`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dom_interactive: Option<f64>,
    /// From the navigation's start to the end of `DOMContentLoaded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dom_content_loaded: Option<f64>,
    /// From the navigation's start to the end of the load event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
}

impl Timing {
    pub(super) fn leave_out_impossible(&mut self, left_out: &mut LeftOut) {
        Key::TimingRedirect.keep_possible(&mut self.redirect, left_out);
        Key::TimingDns.keep_possible(&mut self.dns, left_out);
        Key::TimingConnect.keep_possible(&mut self.connect, left_out);
        Key::TimingTls.keep_possible(&mut self.tls, left_out);
        Key::TimingTtfb.keep_possible(&mut self.ttfb, left_out);
        Key::TimingResponse.keep_possible(&mut self.response, left_out);
        Key::TimingDomInteractive.keep_possible(&mut self.dom_interactive, left_out);
        Key::TimingDomContentLoaded.keep_possible(&mut self.dom_content_loaded, left_out);
        Key::TimingLoad.keep_possible(&mut self.load, left_out);
    }
}

/// Web Vitals; milliseconds, but for the Cumulative Layout Shift's score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Vitals {
    /// Time to First Byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttfb: Option<f64>,
    /// First Contentful Paint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fcp: Option<f64>,
    /// Largest Contentful Paint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lcp: Option<f64>,
    /// Interaction to Next Paint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inp: Option<f64>,
    /// Cumulative Layout Shift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cls: Option<f64>,
}

impl Vitals {
    pub(super) fn leave_out_impossible(&mut self, left_out: &mut LeftOut) {
        Key::VitalsTtfb.keep_possible(&mut self.ttfb, left_out);
        Key::VitalsFcp.keep_possible(&mut self.fcp, left_out);
        Key::VitalsLcp.keep_possible(&mut self.lcp, left_out);
        Key::VitalsInp.keep_possible(&mut self.inp, left_out);
        Key::VitalsCls.keep_possible(&mut self.cls, left_out);
    }
}

/// What one other host's content cost this view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThirdParty<'a> {
    /// The host's name.
    #[serde(borrow)]
    pub host: Text<'a, HOST_BYTES_MAX>,
    /// Requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<f64>,
    /// Bytes transferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<f64>,
    /// Time in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<f64>,
}

impl ThirdParty<'_> {
    pub(super) fn leave_out_impossible(&mut self, left_out: &mut LeftOut) {
        Key::ThirdPartyCount.keep_possible(&mut self.count, left_out);
        Key::ThirdPartyBytes.keep_possible(&mut self.bytes, left_out);
        Key::ThirdPartyMs.keep_possible(&mut self.ms, left_out);
    }
}

/// Facts about the device that the browser tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Screen width in CSS pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub w: Option<f64>,
    /// Screen height in CSS pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub h: Option<f64>,
    /// Device pixels per CSS pixel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpr: Option<f64>,
    /// `navigator.maxTouchPoints`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touch: Option<f64>,
    /// `navigator.deviceMemory` in GiB
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<f64>,
    /// `navigator.connection.effectiveType`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ect: Option<EffectiveType>,
    /// `navigator.userAgentData.mobile`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<bool>,
    /// `navigator.webdriver`: whether a program drives the browser; beacons say so only when it is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webdriver: Option<bool>,
}

impl Device {
    pub(super) fn leave_out_impossible(&mut self, left_out: &mut LeftOut) {
        Key::DeviceW.keep_possible(&mut self.w, left_out);
        Key::DeviceH.keep_possible(&mut self.h, left_out);
        Key::DeviceDpr.keep_possible(&mut self.dpr, left_out);
        Key::DeviceTouch.keep_possible(&mut self.touch, left_out);
        Key::DeviceMemory.keep_possible(&mut self.memory, left_out);
    }
}
