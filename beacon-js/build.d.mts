/** The bytes of every file of dist/, by its name. */
export const bundle: () => Promise<Record<string, Uint8Array>>;
/** What a file weighs, as it is and compressed as well as can be. */
export const sizes: (code: Uint8Array) => { raw: number; gzip: number; brotli: number };
