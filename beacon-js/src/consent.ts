// The visitor's refusal, which browsers send for them.

/**
 * Whether the visitor asks not to be followed: Global Privacy Control, or its predecessor Do Not Track.
 * Then nothing is sent and nothing stored.
 */
export const refused = (navigator: Navigator): boolean =>
  navigator.globalPrivacyControl || navigator.doNotTrack === '1';
