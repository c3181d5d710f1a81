// Browser interfaces that TypeScript's DOM library doesn't have yet, each as its specification writes it.
// All are optional: no browser has every one.

/** Layout Instability, https://wicg.github.io/layout-instability/ */
export interface LayoutShift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
  sources?: { node?: Node | null }[];
}

/** Long Animation Frames, https://w3c.github.io/long-animation-frames/ */
export interface LongAnimationFrame extends PerformanceEntry {
  scripts: { sourceURL: string; duration: number }[];
}

/** Soft Navigations, https://wicg.github.io/soft-navigations/ */
export interface SoftNavigation extends PerformanceEntry {
  interactionId?: number;
  paintTime: number;
  presentationTime?: number | null;
  getLargestInteractionContentfulPaint?(): InteractionContentfulPaint | null;
}

/** Soft Navigations: the largest thing that was painted because of an interaction. */
export interface InteractionContentfulPaint extends PerformanceEntry {
  interactionId?: number;
  largestContentfulPaint?: LargestContentfulPaint & { renderTime: number };
}

declare global {
  interface Document {
    /** Prerendering Revamped, https://wicg.github.io/nav-speculation/prerendering.html */
    readonly prerendering?: boolean;
  }

  interface PerformanceNavigationTiming {
    /** Prerendering Revamped: when the visitor went to a page rendered before; 0 for any other. */
    readonly activationStart?: number;
  }

  interface Navigator {
    /** Global Privacy Control, https://w3c.github.io/gpc/ */
    readonly globalPrivacyControl?: boolean;
    /** Device Memory, in GiB */
    readonly deviceMemory?: number;
    /** Network Information */
    readonly connection?: { readonly effectiveType?: string };
    /** User-Agent Client Hints */
    readonly userAgentData?: { readonly mobile: boolean };
  }

  interface Window {
    /** Temporal, https://tc39.es/proposal-temporal/ */
    readonly Temporal?: { readonly Now: { timeZoneId(): string } };
    /** Deferred fetching, https://whatpr.org/fetch/1647.html */
    fetchLater?: (url: string | URL, init: RequestInit) => unknown;
  }
}
