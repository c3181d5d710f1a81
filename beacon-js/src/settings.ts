// What the page tells the beacon: the attributes of its tag, and the names it gives later.

/** The `data-` attributes of the tag, as written. `page`, `stage`, `channel` and `variant` may be given by a call, too. */
export interface Settings {
  site?: string;
  endpoint?: string | URL;
  rate?: string;
  consent?: string;
  auto?: string;
  marks?: string;
  page?: string | undefined;
  stage?: string | undefined;
  channel?: string;
  variant?: string;
}

/** Those of this page. */
export let settings: Settings & Required<Pick<Settings, 'site' | 'endpoint'>>;

/** The script's tag, or what stands for it. */
export interface Tag {
  dataset: Settings | DOMStringMap;
  /** The script's address: the collector's endpoint stands beside it. */
  src: string;
}

export const configure = ({ src, dataset }: Tag): void => {
  settings = { site: 'default', endpoint: new URL('v1/beacon', src), ...(dataset as Settings) };
};
