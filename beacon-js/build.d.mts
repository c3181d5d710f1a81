/** The built script's bytes. */
export const bundle: () => Promise<Uint8Array>;
