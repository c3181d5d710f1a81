// What the beacon's modules ask of a browser, so that their arithmetic can be tested without one.

interface Faked {
  /** The page's clock. */
  now: number;
  /** How many interactions the page has had. */
  interactionCount: number | undefined;
  navigation: object | undefined;
  hidden: boolean;
}

/** The browser, as the modules see it from now on. */
export const browser: Faked = { now: 0, interactionCount: 0, navigation: undefined, hidden: false };

const define = (name: string, value: unknown): void => {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
};

define('document', {
  referrer: '',
  get hidden(): boolean {
    return browser.hidden;
  },
});
define('location', { href: 'https://www.shop.example/', hostname: 'www.shop.example' });
define('navigator', { maxTouchPoints: 0 });
define('self', globalThis);
define('screen', { width: 390, height: 844 });
define('devicePixelRatio', 3);
define('PerformanceObserver', { supportedEntryTypes: ['layout-shift', 'largest-contentful-paint', 'event'] });
define('performance', {
  now: () => browser.now,
  get interactionCount(): number | undefined {
    return browser.interactionCount;
  },
  getEntriesByType: (type: string) => (type === 'navigation' && browser.navigation ? [browser.navigation] : []),
  getEntriesByName: () => [],
});

const kept = new Map<string, string>();
/** The tab's storage. */
export const storage = new Proxy<Record<string, string | undefined>>(
  {},
  {
    get: (_, key) => kept.get(String(key)),
    set: (_, key, value) => {
      kept.set(String(key), String(value));
      return true;
    },
    deleteProperty: (_, key) => {
      kept.delete(String(key));
      return true;
    },
  },
);
define('sessionStorage', storage);
