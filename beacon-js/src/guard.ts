// The page's own work comes first: whatever fails in here stays in here.

import { IDLE_WAIT_MS_MAX } from './limits.ts';

/** `work`, made harmless: if it throws, its answer is missing, because a page must never break by being measured. */
export const guard =
  <A extends unknown[], R>(work: (...args: A) => R) =>
  (...args: A): R | undefined => {
    try {
      return work(...args);
    } catch {
      // A browser without the interface, or a page that replaced it.
    }
  };

/** Listens on the window, capturing, so that no listener of the page can stop the event before. */
export const listen = (type: string, heard: (event: PageTransitionEvent) => void): void => {
  addEventListener(type, guard(heard) as EventListener, true);
};

/** Runs `work` when the browser has nothing better to do, within a second; in Safari, which can't tell, soon. */
export const whenIdle = (work: () => void): void => {
  const { requestIdleCallback = setTimeout } = window as unknown as { requestIdleCallback?: typeof setTimeout };
  requestIdleCallback(guard(work), { timeout: IDLE_WAIT_MS_MAX } as never);
};

/** Tells whoever builds the page what was wrong with a call. */
export const warn = (what: string, given: unknown): void => {
  console.warn('graadmeter: invalid ' + what, given);
};
