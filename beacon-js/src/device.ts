// What the browser tells of its device, without asking for anything that costs layout or permission.

import { clip } from './text.ts';
import { NAME_BYTES_MAX, type Device } from './wire.ts';

/** The screen, not the window: a narrow window on a desktop is no phone, and reading it may force layout. */
export const deviceOf = (
  window: { screen: Pick<Screen, 'width' | 'height'>; devicePixelRatio: number },
  navigator: Pick<Navigator, 'maxTouchPoints' | 'deviceMemory' | 'connection' | 'userAgentData'>,
): Device => ({
  w: window.screen.width,
  h: window.screen.height,
  dpr: Math.round(window.devicePixelRatio * 100) / 100,
  touch: navigator.maxTouchPoints,
  memory: navigator.deviceMemory,
  ect: navigator.connection?.effectiveType,
  mobile: navigator.userAgentData?.mobile,
});

/** The IANA time zone, from which the collector knows the country where it has nothing better. */
export const timeZone = (): string | undefined =>
  clip(new Intl.DateTimeFormat().resolvedOptions().timeZone, NAME_BYTES_MAX);
