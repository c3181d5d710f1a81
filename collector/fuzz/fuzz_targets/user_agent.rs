//! What a browser says of itself, and the kind of device that is made of it. Fields: user agent, mobile, platform,
//! form factors; the page's mobile, touch points, width, height.

#![no_main]

use graadmeter_collector::agent::{Agent, Claim};
use graadmeter_collector::arrival::Arrival;
use graadmeter_collector::limits::AGENT_BYTES_READ_MAX;
use graadmeter_collector::observation::Device;
use graadmeter_collector::place::device;
use graadmeter_fuzz::Fields;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let any = Agent::read(input);
    assert_eq!(
        any,
        Agent::read(&input[..input.len().min(AGENT_BYTES_READ_MAX)]),
        "only the beginning counts"
    );
    let Some(mut fields) = Fields::of(input) else { return };
    let user_agent = fields.text();
    let arrival = Arrival {
        user_agent,
        hint_mobile: fields.truth(),
        hint_platform: fields.word(),
        hint_form_factors: fields.word(),
        ..Arrival::NOBODY
    };
    let facts = graadmeter_wire::Device {
        mobile: fields.truth(),
        touch: fields.number(),
        w: fields.number(),
        h: fields.number(),
        ..graadmeter_wire::Device::default()
    };

    let agent = Agent::of(user_agent);
    assert_eq!(agent, Agent::read(user_agent.as_bytes()), "what is remembered is what was read");
    assert!(Agent::of(&format!("Googlebot/2.1 {user_agent}")).is_robot, "nothing hides a robot's name");

    let bare = device::place(&arrival, None);
    let placed = device::place(&arrival, Some(&facts));
    assert_eq!(placed, device::place(&arrival, Some(&facts)));
    if agent.claim == Claim::Elsewhere {
        assert_eq!((bare, placed), (Device::Other, Device::Other));
    }
    let is_touched = facts.touch.is_some_and(|points| points > 0.0);
    let is_small = facts.w.zip(facts.h).is_some_and(|(w, h)| w.min(h) < 600.0);
    assert!(!(is_touched && is_small && placed == Device::Desktop), "no computer is a small touch screen");
});
