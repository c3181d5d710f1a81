// The life of a page as its visitor sees it: shown, hidden, gone, and perhaps back again
// (https://developer.chrome.com/docs/web-platform/page-lifecycle-api). Never `unload`: it keeps a page out of
// the back/forward cache.

import { guard } from './guard.ts';

/** Begins now or, for a page rendered before anybody asked for it, when its visitor comes. */
export const whenVisited = (begin: () => void): void => {
  if (document.prerendering) document.addEventListener('prerenderingchange', guard(begin), { once: true });
  else begin();
};

/**
 * When the page was first hidden: a moment on its clock, 0 for a page opened in the background, infinity if
 * not yet. A prerendered page says that it was hidden before it was visited; that doesn't count.
 */
export const firstHidden = (activatedAt: number): number => {
  const hidden = performance
    .getEntriesByType('visibility-state') // Chrome; tells of the time before this script too.
    .find(({ name, startTime }) => name === 'hidden' && startTime >= activatedAt);
  return hidden ? hidden.startTime : document.visibilityState === 'hidden' ? 0 : Infinity;
};

/** Calls `hidden` each time the page is hidden or left, and `restored` when it comes back from the cache. */
export const follow = (hidden: (at: number) => void, restored: (at: number) => void): void => {
  const listen = <K extends keyof WindowEventMap>(type: K, heard: (event: WindowEventMap[K]) => void): void => {
    // Capturing, so that no listener of the page can stop the event before.
    addEventListener(type, guard(heard), true);
  };
  // `visibilitychange` is the last that a phone surely fires; Safari before 14.1 leaves it out on navigation.
  listen('visibilitychange' as keyof WindowEventMap, ({ timeStamp }) => {
    if (document.visibilityState === 'hidden') hidden(timeStamp);
  });
  listen('pagehide', ({ timeStamp }) => {
    hidden(timeStamp);
  });
  listen('pageshow', ({ persisted, timeStamp }) => {
    if (persisted) restored(timeStamp);
  });
};
