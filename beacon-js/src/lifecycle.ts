// The life of a page as its visitor sees it: shown, hidden, gone, and perhaps back again
// (https://developer.chrome.com/docs/web-platform/page-lifecycle-api). Never `unload`: it keeps a page out of
// the back/forward cache.

import { listen } from './guard.ts';

/** Begins now or, for a page rendered before anybody asked for it, when its visitor comes. */
export const whenVisited = (begin: () => void): void => {
  if (document.prerendering) listen('prerenderingchange', begin);
  else begin();
};

/**
 * When the page was first hidden: a moment on its clock, 0 for a page opened in the background, infinity if
 * not yet. A prerendered page says that it was hidden before it was visited; that doesn't count.
 */
export const firstHidden = (activatedAt: number): number =>
  performance
    .getEntriesByType('visibility-state') // Chromium; tells of the time before this script too.
    .find((entry) => entry.name === 'hidden' && entry.startTime >= activatedAt)?.startTime ??
  (document.hidden ? 0 : Infinity);

/** Calls `hidden` each time the page is hidden or left, and `restored` when it comes back from the cache. */
export const follow = (hidden: (at: number) => void, restored: (at: number) => void): void => {
  // The last that a phone surely fires, though Safari before 14.1 leaves it out on navigation.
  listen('visibilitychange', (event) => {
    if (document.hidden) hidden(event.timeStamp);
  });
  listen('pagehide', (event) => {
    hidden(event.timeStamp);
  });
  listen('pageshow', (event) => {
    if (event.persisted) restored(event.timeStamp);
  });
};
