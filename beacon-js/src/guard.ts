// The page's own work comes first: whatever fails in here stays in here.

/** `work`, made harmless: what it throws is dropped, because a page must never break by being measured. */
export const guard =
  <A extends unknown[]>(work: (...args: A) => void) =>
  (...args: A): void => {
    try {
      work(...args);
    } catch {
      // A browser without the interface, or a page that replaced it: the value is left out.
    }
  };

/** Runs `work` when the browser has nothing better to do, within a second. */
export const whenIdle = (work: () => void): void => {
  // Safari has no requestIdleCallback.
  if (window.requestIdleCallback as unknown) requestIdleCallback(guard(work), { timeout: 1000 });
  else setTimeout(guard(work), 200);
};
