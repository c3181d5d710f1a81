// The life of a page as its visitor sees it (https://developer.chrome.com/docs/web-platform/page-lifecycle-api).

import { listen } from './guard.ts';

/** Begins now or, for a page rendered before anybody asked for it, when its visitor comes. */
export const whenVisited = (begin: () => void): void => {
  if (document.prerendering) listen('prerenderingchange', begin);
  else begin();
};
