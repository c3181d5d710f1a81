// One page view: from its navigation, or its return from the back/forward cache, until it is first hidden.

import type { Campaign, Navigation } from './wire.ts';

/** What is known of a view when it begins, and how far it has come. */
export interface View {
  readonly id: string;
  readonly nav: Navigation | undefined;
  readonly url: string;
  readonly ref: string | undefined;
  readonly campaign: Campaign | undefined;
  /** Whether the page came back from the back/forward cache. */
  readonly restored: boolean;
  /** When it began, on the page's clock: 0, or the moment of the restore. */
  readonly from: number;
  /** When the visitor went to a page that was rendered before; 0 for any other. */
  readonly activatedAt: number;
  /** When it was first hidden, on the page's clock. What is painted later, nobody waited for. */
  hiddenAt: number;
  /** Whether its one beacon has gone. */
  sent: boolean;
  /** Called when something new was measured. */
  readonly changed: () => void;
  /** Takes in what observers still hold. */
  readonly flushes: (() => void)[];
  /** Ends the observers. */
  readonly stops: (() => void)[];
}
