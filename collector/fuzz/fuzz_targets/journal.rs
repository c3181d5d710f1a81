//! What the journal has stored: entries, and the states of cells. A disk may change them.

#![no_main]

use graadmeter_collector::aggregate::cell::{PageCell, VisitorCell};
use graadmeter_collector::aggregate::cells::{Cell, Counted};
use graadmeter_collector::journal::entry::Entries;
use graadmeter_collector::observation::Spelled;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stored: &[u8]| {
    let (mut written, mut spelled) = (Vec::new(), Spelled::default());
    let entries: Vec<_> = Entries::of(stored).map_while(Result::ok).collect();
    entries.iter().for_each(|entry| entry.write(&mut written, &mut spelled));
    assert!(Entries::of(&written).eq(entries.into_iter().map(Ok)));
    state::<VisitorCell>(stored);
    state::<PageCell>(stored);
});

fn state<C: Counted>(stored: &[u8]) {
    let Some(cell) = Cell::<C>::read(1, &mut &stored[..]) else { return };
    let mut written = Vec::new();
    cell.write(&mut written);
    let again = Cell::<C>::read(1, &mut &written[..]).expect("it was just written");
    let mut twice = Vec::new();
    again.write(&mut twice);
    assert_eq!(written, twice, "what is the same is written the same");
}
