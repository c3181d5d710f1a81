// Getting a beacon out, also when the page is going away.
//
// sendBeacon survives leaving and closing, but not a crash or a hung tab; fetchLater survives those, but
// not the end of the browser a moment after hiding. So the current state is armed with fetchLater, and
// called off when the beacon itself goes. All bodies are text/plain, which needs no CORS preflight.

import { guard } from './guard.ts';

const REQUEST: RequestInit = {
  method: 'POST',
  // The answer is of no use, and asking for it would put CORS errors on the console.
  mode: 'no-cors',
  credentials: 'omit',
};

/** The ways out to one collector. */
export const transportTo = (endpoint: string | URL) => {
  let armed: AbortController | undefined;
  /** Sends now. A full queue, a blocker or a page that replaced sendBeacon leaves fetch with `keepalive`. */
  const send = (body: string): void => {
    const queued = guard(() => navigator.sendBeacon(endpoint, body))();
    if (!queued) void fetch(endpoint, { ...REQUEST, body, keepalive: true }).catch(() => undefined);
  };
  return {
    send,
    /** Leaves `body` with the browser, instead of what was left before, to send if the page dies. */
    arm(body: string): void {
      const next = new AbortController();
      window.fetchLater?.(endpoint, { ...REQUEST, body, signal: next.signal });
      armed?.abort();
      armed = next;
    },
    /** Sends what needs nothing left with the browser any more. */
    sendLast(body: string): void {
      send(body);
      armed?.abort();
    },
  };
};
