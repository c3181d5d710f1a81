// One page view: from its navigation, or its return from the back/forward cache, until it is first hidden.

import type { Context } from './wire.ts';

/** What is known of a view when it begins, and how far it has come. */
export interface View {
  readonly id: string;
  /** Where and how it began. */
  readonly facts: Pick<Context, 'ref' | 'nav' | 'campaign'> & { url: string };
  /** When the page came back from the back/forward cache, on the page's clock; 0 for one that was loaded. */
  readonly restoredAt: number;
  /** When the visitor went to a page that was rendered before; 0 for any other. */
  readonly activatedAt: number;
  /** When it was first hidden, on the page's clock. What is painted later, nobody waited for. */
  hiddenAt: number;
  /** Whether it is over: its one beacon has gone. */
  over: boolean;
  /** Called when something new was measured. */
  readonly changed: () => void;
  /** The observers: each takes in what the browser still holds and, when told so, ends. */
  readonly watches: ((end: boolean) => void)[];
}

/** How long the visitor had waited at a moment on the page's clock: nobody waits for a page before going there. */
export const sinceVisit = ({ activatedAt }: Pick<View, 'activatedAt'>, at: number): number =>
  Math.max(at - activatedAt, 0);
