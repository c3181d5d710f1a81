// What the visitor allows: by the browser's own signal, and by what the page asked them.

import { settings } from './settings.ts';

/**
 * Whether the visitor asks not to be followed: Global Privacy Control, or its predecessor Do Not Track.
 * Then nothing is sent and nothing stored, whatever the page says.
 */
export const refused = (): boolean | undefined => navigator.doNotTrack === '1' || navigator.globalPrivacyControl;

/** Nothing is sent or stored yet, or any more. */
export const SILENT = 0;
/** Views and sales are sent, but nothing is stored, so they belong to no session. */
export const ANONYMOUS = 1;
/** Views and sales belong to a session, which is stored. */
export const FOLLOWED = 2;

/** What holds before the page has said whether the visitor agreed, by the tag's `data-consent`. */
export const consentBefore = (): number =>
  (({ none: ANONYMOUS, wait: SILENT }) as Partial<Record<string, number>>)[settings.consent as 'wait'] ?? FOLLOWED;
