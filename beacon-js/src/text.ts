// Text and numbers as the wire allows them.

import { NAME_CHARACTERS_MAX, URL_CHARACTERS_MAX } from './limits.ts';

type Value = (Partial<Pick<string, 'trim'> & Pick<number, 'toFixed'>> & Pick<string, 'slice'>) | null | undefined;

/**
 * What a key of `this` may hold: short text, numbers of four decimals. A number that can't be is left to the collector, which
 * leaves it out and counts it. The value is taken from where it stands, because a page's `Array.prototype.toJSON` (old libraries
 * had one) would make text of a list.
 */
export function allowed(this: Record<string, Value>, key: string): unknown {
  const value = this[key];
  return value?.trim
    ? // A control character, or half of one that was cut, makes the collector refuse the beacon.
      value.slice(0, key.length === 3 ? URL_CHARACTERS_MAX : NAME_CHARACTERS_MAX).replace(/\p{C}/gu, '') || undefined
    : value?.toFixed
      ? +value.toFixed(4)
      : (value ?? undefined);
}

/** 18 random digits, which are hexadecimal too: of a million in ten minutes two are the same once in a million times. */
export const randomId = (): string =>
  // randomUUID would need https.
  crypto.getRandomValues(new Uint32Array(3)).join('').slice(0, 18);
