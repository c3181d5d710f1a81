// Getting a beacon out, also when the page is going away.
//
// sendBeacon survives leaving and closing, but not a crash or a hung tab; fetchLater survives those, but
// not the end of the browser a moment after hiding. So the current state is armed with fetchLater, and
// called off when the beacon itself goes. All bodies are text/plain, which needs no CORS preflight.

import { guard } from './guard.ts';

/** The ways out to one collector. */
export const transportTo = (endpoint: string) => {
  let armed: AbortController | undefined;
  const request = (body: string): RequestInit => ({
    method: 'POST',
    body,
    // The answer is of no use, and asking for it would put CORS errors on the console.
    mode: 'no-cors',
    credentials: 'omit',
  });
  return {
    /** Sends now. A full queue, a blocker or a page that replaced sendBeacon leaves fetch with `keepalive`. */
    send(body: string): void {
      let queued = false;
      guard(() => {
        queued = navigator.sendBeacon(endpoint, body);
      })();
      if (!queued) void fetch(endpoint, { ...request(body), keepalive: true }).catch(() => undefined);
    },
    /** Leaves `body` with the browser, instead of what was left before, to send if the page dies. */
    arm(body: string): void {
      if (!window.fetchLater) return;
      const next = new AbortController();
      window.fetchLater(endpoint, { ...request(body), signal: next.signal });
      armed?.abort();
      armed = next;
    },
    /** Calls off what was armed. */
    disarm(): void {
      armed?.abort();
      armed = undefined;
    },
  };
};
