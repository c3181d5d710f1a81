// What the page tells the beacon: the attributes of its tag, and the names it gives later.

import { clip } from './text.ts';
import { NAME_BYTES_MAX, RATE_MIN } from './wire.ts';

/** Names in the page's own words. */
export interface Names {
  /** Page group. */
  page?: string | undefined;
  /** The landing's channel. */
  channel?: string | undefined;
  /** Arm of an experiment. */
  variant?: string | undefined;
}

/** The tag's attributes, read. */
export interface Settings {
  site: string;
  endpoint: string;
  /** Share of sessions that report. */
  rate: number;
  names: Names;
}

/** A name as the wire takes it. */
export const nameOf = (name: string | undefined): string | undefined => clip(name, NAME_BYTES_MAX);

/** `data-rate`: 0 reports nobody, anything that is no share reports everybody. */
export const rateOf = (text: string | undefined): number => {
  const rate = parseFloat(text ?? '1');
  return rate === 0 ? 0 : rate > 0 && rate < 1 ? Math.max(rate, RATE_MIN) : 1;
};

/** Reads the tag; the endpoint stands beside the script unless the tag names one. */
export const settingsOf = (script: { src: string; dataset: DOMStringMap }): Settings => {
  const { site, endpoint, rate, page, channel, variant } = script.dataset as Partial<Record<string, string>>;
  return {
    site: site ?? 'default',
    endpoint: endpoint ?? new URL('v1/beacon', script.src).href,
    rate: rateOf(rate),
    names: { page: nameOf(page), channel: nameOf(channel), variant: nameOf(variant) },
  };
};
