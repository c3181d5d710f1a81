// Getting a beacon out, also when the page is going away.
//
// sendBeacon survives leaving and closing, but not a crash or a hung tab; fetchLater survives those, but
// not the end of the browser a moment after hiding. So the current state is armed with fetchLater, and
// called off when the beacon itself goes. All bodies are text/plain, which needs no CORS preflight.

import { guard } from './guard.ts';
import { settings } from './settings.ts';

let armed: AbortController | undefined;

/** Sends now. A full queue, a blocker or a page that replaced sendBeacon leaves fetch with `keepalive`. */
export const send = (body: string): void => {
  if (!guard(() => navigator.sendBeacon(settings.endpoint, body))())
    fetch(settings.endpoint, { method: 'POST', body, keepalive: true }).catch(() => 0);
};

/** Leaves `body` with the browser, to send if the page dies, instead of what was left before; or nothing any more. */
export const arm = (body?: string): void => {
  armed?.abort();
  armed = new AbortController();
  if (body) self.fetchLater?.(settings.endpoint, { method: 'POST', body, signal: armed.signal });
};
