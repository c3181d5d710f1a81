// The visitor's refusal, which browsers send for them.

/**
 * Whether the visitor asks not to be followed: Global Privacy Control, or its predecessor Do Not Track
 * (which old Safari kept on `window`). Then nothing is sent and nothing stored.
 */
export const refused = (
  navigator: Pick<Navigator, 'globalPrivacyControl'> & { doNotTrack?: string | null },
  window: { doNotTrack?: string | null },
): boolean => !!navigator.globalPrivacyControl || (navigator.doNotTrack ?? window.doNotTrack) === '1';
