// What the browser tells of its device, without asking for anything that costs layout or permission.

import type { Context } from './wire.ts';

/** The device and, for the country where the collector has nothing better, the time zone. */
export const deviceFacts = (): Pick<Context, 'device' | 'tz'> => ({
  device: {
    // Said only when a program drives the browser, which is then no customer's.
    webdriver: navigator.webdriver || undefined,
    // The screen, not the window: a narrow window on a desktop is no phone, and reading it may force layout.
    w: screen.width,
    h: screen.height,
    dpr: devicePixelRatio,
    touch: navigator.maxTouchPoints,
    memory: navigator.deviceMemory,
    ect: navigator.connection?.effectiveType,
    mobile: navigator.userAgentData?.mobile,
  },
  // The first formatter of a process costs Chromium tens of milliseconds.
  tz: self.Temporal?.Now.timeZoneId() ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
});
