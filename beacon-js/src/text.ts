// Text as the wire allows it: bounded in bytes, without control characters, without queries.

/** `text` without control characters and cut to `bytes` of UTF-8, or nothing when none is left. */
export const clip = (text: string | null | undefined, bytes: number): string | undefined =>
  (text &&
    new TextDecoder()
      // Encoding also mends lone surrogates, which a strict JSON parser refuses.
      .decode(new TextEncoder().encode(text.replace(/\p{Cc}/gu, '')).subarray(0, bytes))
      // A character cut in two decodes to this one, and three bytes of four would grow.
      .replace(/\ufffd+$/, '')) ||
  undefined;

/** The address without query and fragment: those may name a person. */
export const withoutQuery = (address: string): string => address.replace(/[?#].*/s, '');

/** 32 random hexadecimal digits. */
export const randomId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => (byte + 256).toString(16).slice(1)).join('');

/** The object, or nothing when no key of it holds a value. */
export const unlessEmpty = <T extends object>(object: T): T | undefined =>
  Object.values(object).some((value) => value !== undefined) ? object : undefined;
