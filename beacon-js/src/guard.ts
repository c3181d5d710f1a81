// The page's own work comes first: whatever fails in here stays in here.

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
