// Text as the wire allows it: bounded in bytes, without control characters, without queries.

/** `text` without control characters and cut to `bytes` of UTF-8, or nothing when none is left. */
export const clip = (text: string | null | undefined, bytes: number): string | undefined =>
  (text &&
    new TextDecoder().decode(
      // Encoding also mends lone surrogates, which a strict JSON parser refuses.
      new TextEncoder().encode(text.replace(/\p{Cc}/gu, '')).subarray(0, bytes),
      // As if more would follow, the decoder waits for the rest of a character that was cut in two.
      { stream: true },
    )) ||
  undefined;

/** The address without query and fragment, because those may name a person; nothing for none. */
export const withoutQuery = (address: string): string | undefined => address.replace(/[?#].*/, '') || undefined;

/** 32 random hexadecimal digits. */
export const randomId = (): string =>
  // randomUUID would need https.
  crypto.getRandomValues(new Uint32Array(4)).reduce((id, part) => id + (part + 2 ** 32).toString(16).slice(1), '');
